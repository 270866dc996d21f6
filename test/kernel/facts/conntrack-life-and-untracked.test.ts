import { describeFacts } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts sections 3.5 and 3.6. Expiry is the simulator's alone: test/simulate/conntrack/life.test.ts.

const UDP = 'udp 192.0.2.10:1000 -> 198.51.100.9:53 in=eth0';
const UDP_BACK = 'udp 198.51.100.9:53 -> 192.0.2.10:1000 in=eth1';
const IN = 'udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0';
const IN_BACK = 'udp 192.0.2.1:53 -> 192.0.2.10:1000 in=local';
const LOOP = 'udp 192.0.2.1:1000 -> 198.51.100.1:53 in=local';
const LOOP_BACK = 'udp 198.51.100.1:53 -> 192.0.2.1:1000 in=local';

describeFacts('3.5: life of an entry', [
  {
    row: 'an entry exists only after the packet has passed POST to the end: dropped before, NEW again with the nat chains',
    rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 203.0.113.10:5353
      *filter
      :FORWARD ACCEPT
      -A FORWARD -j DROP`,
    packets: [
      [UDP, 'new drop dst=203.0.113.10 dport=5353'],
      [UDP, 'new drop dst=203.0.113.10 dport=5353'],
      ['udp 203.0.113.10:5353 -> 192.0.2.10:1000 in=cali0', 'new drop'],
    ],
  },
  {
    row: 'rejected before the end: no entry',
    rules: `
      *filter
      :FORWARD ACCEPT
      -A FORWARD -i eth0 -j REJECT --reject-with icmp-port-unreachable`,
    packets: [
      [UDP, 'new reject'],
      [UDP_BACK, 'new accept'],
    ],
  },
  {
    row: 'passed INPUT to the end: entry; dropped in INPUT: none',
    rules: `
      *filter
      :INPUT ACCEPT
      -A INPUT -s 192.0.2.11 -j DROP`,
    packets: [
      [IN, 'new accept local'],
      [IN_BACK, 'established accept eth0'],
      ['udp 192.0.2.11:1000 -> 192.0.2.1:53 in=eth0', 'new drop'],
      ['udp 192.0.2.1:53 -> 192.0.2.11:1000 in=local', 'new accept eth0'],
    ],
  },
  {
    row: 'local to local: NEW, delivered; the answer is ESTABLISHED',
    packets: [
      [LOOP, 'new accept local'],
      [LOOP_BACK, 'established accept local'],
    ],
  },
  {
    row: 'local to local, dropped in INPUT -i lo: leaves an entry all the same',
    rules: `
      *filter
      :INPUT ACCEPT
      -A INPUT -i lo -p udp --dport 53 -j DROP`,
    packets: [
      [LOOP, 'new drop at=input'],
      [LOOP_BACK, 'established accept local'],
    ],
  },
  {
    row: 'local to local, dropped in PRE -i lo: leaves an entry all the same',
    rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -i lo -p udp --dport 53 -j DROP`,
    packets: [
      [LOOP, 'new drop at=prerouting'],
      [LOOP_BACK, 'established accept local'],
    ],
  },
  {
    row: 'local to local, rejected in INPUT -i lo: leaves an entry all the same',
    rules: `
      *filter
      :INPUT ACCEPT
      -A INPUT -i lo -p udp --dport 53 -j REJECT --reject-with icmp-port-unreachable`,
    packets: [
      [LOOP, 'new reject at=input'],
      [LOOP_BACK, 'established accept local'],
    ],
  },
  {
    row: 'local to local, dropped in OUTPUT: leaves none',
    rules: `
      *filter
      :OUTPUT ACCEPT
      -A OUTPUT -p udp --dport 53 -j DROP`,
    packets: [
      [LOOP, 'new drop at=output'],
      [LOOP_BACK, 'new accept local'],
    ],
  },
  {
    row: 'dropped by TTL: not confirmed',
    packets: [
      [`${UDP} ttl=1`, 'new reject'],
      [UDP_BACK, 'new accept'],
    ],
  },
  {
    row: 'UDP closed port: entry stays unreplied',
    packets: [
      [IN, 'new accept local'],
      [IN, 'new accept local'],
    ],
  },
]);

describeFacts(
  '3.5: dropped by routing',
  [
    {
      row: 'dropped by rp_filter: not confirmed',
      packets: [
        ['udp 203.0.113.10:7 -> 192.0.2.1:53 in=eth0', 'new drop'],
        ['udp 192.0.2.1:53 -> 203.0.113.10:7 in=local', 'new accept cali0'],
      ],
    },
    {
      row: 'dropped by a blackhole route: not confirmed',
      packets: [
        ['udp 192.0.2.10:7 -> 100.64.0.1:53 in=eth0', 'new drop'],
        ['udp 192.0.2.10:7 -> 100.64.0.1:53 in=eth0', 'new drop'],
      ],
    },
  ],
  {
    host: testHost({
      routes: [
        'default via 198.51.100.254 dev eth1',
        '203.0.113.10/32 dev cali0',
        'blackhole 100.64.0.0/10',
      ],
      sysctls: { 'net.ipv4.conf.all.rp_filter': 1 },
    }),
  },
);

/** The mark tells which of the states match: 1 INVALID, 2 UNTRACKED, 4 NEW, 8 `! NEW,ESTABLISHED`, 16 ESTABLISHED. */
const MATRIX = `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 99 -j CT --notrack
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -d 198.51.100.9 -j DNAT --to-destination 203.0.113.10
      :POSTROUTING ACCEPT
      -A POSTROUTING -j SNAT --to-source 203.0.113.1
      *filter
      :FORWARD ACCEPT
      -A FORWARD -m conntrack --ctstate INVALID -j MARK --set-xmark 0x1/0x0
      -A FORWARD -m conntrack --ctstate UNTRACKED -j MARK --set-xmark 0x2/0x0
      -A FORWARD -m conntrack --ctstate NEW -j MARK --set-xmark 0x4/0x0
      -A FORWARD -m conntrack ! --ctstate NEW,ESTABLISHED -j MARK --set-xmark 0x8/0x0
      -A FORWARD -m conntrack --ctstate ESTABLISHED -j MARK --set-xmark 0x10/0x0`;

describeFacts('3.6: UNTRACKED and INVALID', [
  {
    row: 'NOTRACKed: not INVALID, UNTRACKED, not NEW, ! NEW,ESTABLISHED; nat chains skipped',
    rules: MATRIX,
    packets: [
      [
        'udp 192.0.2.10:1000 -> 198.51.100.9:99 in=eth0',
        'untracked accept eth1 mark=0xa src=192.0.2.10 dst=198.51.100.9',
      ],
    ],
  },
  {
    row: 'INVALID: INVALID, not UNTRACKED, not NEW, ! NEW,ESTABLISHED; leaves un-NATed',
    rules: MATRIX,
    packets: [
      [
        'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0 flags=SA',
        'invalid accept eth1 mark=0x9 src=192.0.2.10 dst=198.51.100.9',
      ],
    ],
  },
  {
    row: 'for comparison: NEW and ESTABLISHED are translated',
    rules: MATRIX,
    packets: [
      [UDP, 'new accept cali0 mark=0x4 src=203.0.113.1 dst=203.0.113.10'],
      [
        'udp 203.0.113.10:53 -> 203.0.113.1:1000 in=cali0',
        'established accept eth0 mark=0x10 src=198.51.100.9 dst=192.0.2.10',
      ],
    ],
  },
  {
    row: 'traps 4, 6, 23: neighbour discovery is UNTRACKED',
    rules6: `
      *filter
      :FORWARD DROP
      -A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT`,
    packets: [
      [
        'icmpv6 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 type=135 ttl=255',
        'untracked accept eth1',
      ],
      ['icmpv6 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 type=128', 'new drop'],
    ],
  },
]);
