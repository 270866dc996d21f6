import { describeFacts, type FactRow } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts section 2.2, as far as it is about who is answered. The answers themselves are not simulated (docs/fidelity.md).

const reject = (match: string, kind = 'icmp-port-unreachable'): string => `
  *filter
  :INPUT ACCEPT
  -A INPUT ${match} -j REJECT --reject-with ${kind}
  :FORWARD ACCEPT
  -A FORWARD ${match} -j REJECT --reject-with ${kind}
  :OUTPUT ACCEPT
  -A OUTPUT ${match} -j REJECT --reject-with ${kind}`;

const KINDS4 = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
];
const KINDS6 = [
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
  'icmp6-policy-fail',
  'icmp6-reject-route',
];

const IN = 'udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0';
const THROUGH = 'udp 192.0.2.10:1000 -> 198.51.100.9:53 in=eth0';
const OUT = 'udp 192.0.2.1:1000 -> 198.51.100.9:53 in=local';
const LOCAL = 'udp 192.0.2.1:1000 -> 192.0.2.1:53 in=local';
const tcp = (flags: string): string =>
  `tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0 flags=${flags}`;
const FLOW = 'quoted=udp 192.0.2.10:1 -> 198.51.100.9:2';

const ROWS: readonly FactRow[] = [
  ...KINDS4.map((kind) => ({
    row: kind,
    rules: reject('-p udp', kind),
    packets: [
      [IN, 'reject at=input'],
      [THROUGH, 'reject at=forward'],
      [OUT, 'reject at=output'],
      [LOCAL, 'reject at=output'],
    ] as const,
  })),
  ...KINDS6.map((kind) => ({
    row: `v6 ${kind}`,
    rules6: reject('-p udp', kind),
    packets: [
      ['udp [2001:db8:0:2::5]:1 -> [2001:db8:0:2::1]:2 in=eth0', 'reject at=input'],
      ['udp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::9]:2 in=eth0', 'reject at=forward'],
      ['udp [2001:db8:0:2::1]:1 -> [2001:db8:0:100::9]:2 in=local', 'reject at=output'],
    ] as const,
  })),
  {
    row: 'tcp-reset: SYN and ACK are answered, RST is only dropped',
    rules: reject('-p tcp', 'tcp-reset'),
    packets: [
      [tcp('S'), 'reject'],
      [tcp('A'), 'reject'],
      [tcp('SA'), 'invalid reject'],
      [tcp('R'), 'invalid drop'],
      [tcp('RA'), 'invalid drop'],
    ],
  },
  {
    row: 'RST is answered by ICMP, only not by RST',
    rules: reject('-p tcp'),
    packets: [[tcp('R'), 'invalid reject']],
  },
  {
    row: 'not answered: ICMP errors. ICMP echo is answered',
    rules: reject('-p icmp'),
    packets: [
      ['icmp 192.0.2.10 -> 198.51.100.9 in=eth0 type=8', 'reject'],
      [`icmp 192.0.2.10 -> 198.51.100.9 in=eth0 type=3 code=3 ${FLOW}`, 'drop'],
      [`icmp 192.0.2.10 -> 198.51.100.9 in=eth0 type=11 code=0 ${FLOW}`, 'drop'],
    ],
  },
  {
    row: 'v6: echo is answered, ICMPv6 errors are not',
    rules6: reject('-p icmpv6', 'icmp6-port-unreachable'),
    packets: [
      ['icmpv6 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 type=128', 'reject'],
      ['icmpv6 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 type=1 code=4', 'drop'],
    ],
  },
  {
    row: 'answered: what the host sends to 0.0.0.0, which is itself',
    rules: reject('-p udp'),
    packets: [['udp 192.0.2.1:1000 -> 0.0.0.0:53 in=local', 'reject']],
  },
  {
    row: 'not answered: broadcast and multicast destination',
    rules: reject('-p udp'),
    packets: [
      ['udp 192.0.2.10:1000 -> 192.0.2.255:53 in=eth0', 'drop at=input'],
      ['udp 192.0.2.10:1000 -> 255.255.255.255:53 in=eth0', 'drop at=input'],
      ['udp 192.0.2.10:1000 -> 224.0.0.1:53 in=eth0', 'drop at=input'],
      ['udp 0.0.0.0:1000 -> 0.0.0.0:53 in=eth0', 'drop at=input'],
    ],
  },
  {
    row: 'not checked, and so answered: ESP, SCTP, UDP-Lite, GRE, AH',
    rules: reject('-s 192.0.2.10'),
    packets: [
      ['50 192.0.2.10 -> 198.51.100.9 in=eth0 length=60', 'reject'],
      ['sctp 192.0.2.10:1 -> 198.51.100.9:2 in=eth0', 'reject'],
      ['udplite 192.0.2.10:1 -> 198.51.100.9:2 in=eth0', 'reject'],
      ['47 192.0.2.10 -> 198.51.100.9 in=eth0 length=60', 'reject'],
      ['51 192.0.2.10 -> 198.51.100.9 in=eth0 length=60', 'reject'],
    ],
  },
  {
    row: 'any other protocol: answered only when its payload sums to zero with the pseudo-header (v6)',
    rules6: reject('-s 2001:db8:0:2::5', 'icmp6-port-unreachable'),
    packets: [
      ['89 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 length=60', 'drop at=forward'],
      ['112 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 length=60', 'drop at=forward'],
      ['50 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 length=60', 'reject at=forward'],
      ['47 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 length=60', 'reject at=forward'],
    ],
  },
  {
    // The lab's payloads are zeros, so that the kernel answers here; the simulator takes no payload to sum to zero.
    row: 'any other protocol: answered only when its payload sums to zero (v4)',
    rules: reject('-s 192.0.2.10'),
    packets: [
      ['89 192.0.2.10 -> 198.51.100.9 in=eth0 length=60', 'new at=forward'],
      ['253 192.0.2.10 -> 198.51.100.9 in=eth0 length=60', 'new at=forward'],
    ],
  },
  {
    // Not in the sheet.
    row: 'v6: not answered when nothing is behind the header',
    rules6: reject('-s 2001:db8:0:2::5', 'icmp6-port-unreachable'),
    packets: [['50 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0', 'drop at=forward']],
  },
];

describeFacts('2.2: REJECT', ROWS);

describeFacts(
  '2.2: REJECT without a route back',
  [
    {
      row: 'no route back to the source: not answered, looks like a DROP',
      rules: reject('-p udp'),
      packets: [
        ['udp 8.8.8.8:1000 -> 192.0.2.1:53 in=eth0', 'drop at=input'],
        ['udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0', 'reject at=input'],
      ],
    },
  ],
  { host: testHost({ routes: ['203.0.113.10/32 dev cali0'] }) },
);

describeFacts('2.2: REJECT of what the host sends to its own loopback addresses', [
  {
    row: 'the answer would come from a loopback address: none leaves the host, others stay on it',
    rules: `
      *filter
      :OUTPUT ACCEPT
      -A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable
      -A OUTPUT -p tcp -j REJECT --reject-with tcp-reset`,
    packets: [
      ['udp 192.0.2.10:1000 -> 127.0.0.1:53 in=local', 'drop at=output'],
      ['tcp 192.0.2.10:1000 -> 127.0.0.0:53 in=local', 'drop at=output'],
      ['udp 192.0.2.1:1000 -> 127.0.0.1:53 in=local', 'reject at=output'],
      ['udp 192.0.2.10:1000 -> 192.0.2.1:53 in=local', 'reject at=output'],
    ],
  },
]);
