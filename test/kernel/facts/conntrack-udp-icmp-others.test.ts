import { describeFacts, type FactPacket, type FactRow } from '../../support/facts.ts';

// netfilter-facts section 3.3.

const A = '192.0.2.10';
const B = '198.51.100.9';
const A6 = '2001:db8:0:2::5';
const B6 = '2001:db8:0:100::9';

const to = (what: string, rest = ''): string => `${what} ${A} -> ${B} in=eth0 ${rest}`;
const back = (what: string, rest = ''): string => `${what} ${B} -> ${A} in=eth1 ${rest}`;
const to6 = (what: string, rest = ''): string => `${what} ${A6} -> ${B6} in=eth0 ${rest}`;
const back6 = (what: string, rest = ''): string => `${what} ${B6} -> ${A6} in=eth1 ${rest}`;

const UDP = `udp ${A}:1000 -> ${B}:53 in=eth0`;
const UDP_BACK = `udp ${B}:53 -> ${A}:1000 in=eth1`;

const all = (types: readonly number[], line: (type: number) => string, wanted: string) =>
  types.map((type): FactPacket => [line(type), wanted]);

const ERROR_TYPES = [
  [3, 1],
  [4, 0],
  [5, 1],
  [11, 0],
  [12, 0],
] as const;

const ERRORS: readonly FactRow[] = [
  ...ERROR_TYPES.map(([type, code]) => ({
    row: `ICMP error ${type} quoting a known flow, to the source of the quoted packet`,
    packets: [
      [UDP, 'new'],
      [back('icmp', `type=${type} code=${code} quoted=${UDP}`), 'related accept eth0'],
    ] as const,
  })),
  {
    row: 'ICMP error 3 from any source address',
    packets: [
      [UDP, 'new'],
      [`icmp 203.0.113.10 -> ${A} in=cali0 type=3 code=3 quoted=${UDP}`, 'related accept eth0'],
    ],
  },
  {
    row: 'error sent to another host than the quoted source',
    packets: [
      [UDP, 'new'],
      [`icmp ${B} -> 192.0.2.11 in=eth1 type=3 code=3 quoted=${UDP}`, 'invalid accept eth0'],
    ],
  },
  {
    row: 'error in the same direction as the quoted packet',
    packets: [
      [UDP, 'new'],
      [to('icmp', `type=3 code=3 quoted=${UDP}`), 'invalid'],
    ],
  },
  {
    row: 'error quoting unknown flow',
    packets: [[back('icmp', `type=3 code=3 quoted=${UDP}`), 'invalid']],
  },
  {
    row: 'error quoting an ICMP error',
    packets: [
      [UDP, 'new'],
      [back('icmp', `type=3 code=3 quoted=${to('icmp', 'type=3 code=3')}`), 'invalid'],
    ],
  },
  {
    row: 'error quoting only 4 bytes of L4',
    packets: [
      [UDP, 'new'],
      [back('icmp', `type=3 code=3 length=52 quoted=${UDP}`), 'related'],
    ],
  },
  {
    row: 'error about a NOTRACKed flow',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -p udp -j CT --notrack`,
    packets: [
      [UDP, 'untracked'],
      [back('icmp', `type=3 code=3 quoted=${UDP}`), 'invalid'],
    ],
  },
];

describeFacts('3.3: UDP and ICMP', [
  {
    row: 'UDP a, a again, reply, a, reply',
    packets: [
      [UDP, 'new'],
      [UDP, 'new'],
      [UDP_BACK, 'established'],
      [UDP, 'established'],
      [UDP_BACK, 'established'],
    ],
  },
  {
    row: 'echo, reply, echo same id',
    packets: [
      [to('icmp', 'type=8 id=7'), 'new'],
      [back('icmp', 'type=0 id=7'), 'established'],
      [to('icmp', 'type=8 id=7'), 'established'],
    ],
  },
  {
    row: 'ICMP 8, 13, 15, 17 without entry',
    packets: all([8, 13, 15, 17], (type) => to('icmp', `type=${type}`), 'new'),
  },
  {
    row: 'every other ICMP type without entry',
    packets: all(
      [0, 3, 4, 5, 9, 10, 11, 12, 14, 16, 18, 30, 42, 255],
      (type) => to('icmp', `type=${type}`),
      'invalid',
    ),
  },
  {
    row: 'reply with other id',
    packets: [
      [to('icmp', 'type=8 id=7'), 'new'],
      [back('icmp', 'type=0 id=8'), 'invalid'],
    ],
  },
  {
    row: 'request code 5 answered with code 0 (code is part of the tuple)',
    packets: [
      [to('icmp', 'type=8 code=5 id=7'), 'new'],
      [back('icmp', 'type=0 code=0 id=7'), 'invalid'],
      [back('icmp', 'type=0 code=5 id=7'), 'established'],
    ],
  },
  ...ERRORS,
]);

const UDP6 = `udp [${A6}]:1000 -> [${B6}]:53 in=eth0`;

describeFacts('3.3: ICMPv6', [
  {
    row: 'ICMPv6 128, 139',
    packets: all([128, 139], (type) => to6('icmpv6', `type=${type}`), 'new'),
  },
  {
    row: '128, 129',
    packets: [
      [to6('icmpv6', 'type=128 id=7'), 'new'],
      [back6('icmpv6', 'type=129 id=7'), 'established'],
    ],
  },
  {
    row: '129 etc. without entry',
    packets: all([129, 140], (type) => to6('icmpv6', `type=${type}`), 'invalid'),
  },
  {
    row: '130 131 132 133 134 135 136 143 (also when forwarded)',
    packets: all(
      [130, 131, 132, 133, 134, 135, 136, 143],
      (type) => to6('icmpv6', `type=${type} ttl=255`),
      'untracked accept eth1',
    ),
  },
  {
    row: '137 and unknown types',
    packets: all([137, 141, 200, 255], (type) => to6('icmpv6', `type=${type}`), 'invalid'),
  },
  ...[1, 2, 3, 4].map((type) => ({
    row: `ICMPv6 error ${type}`,
    packets: [
      [back6('icmpv6', `type=${type} quoted=${UDP6}`), 'invalid'],
      [UDP6, 'new'],
      [back6('icmpv6', `type=${type} quoted=${UDP6}`), 'related accept eth0'],
      [`icmpv6 ${B6} -> 2001:db8:0:2::6 in=eth1 type=${type} quoted=${UDP6}`, 'invalid'],
    ] as const,
  })),
  { row: 'v6 no-next-header', packets: [[to6('59'), 'invalid']] },
]);

const GENERIC = [0, 2, 4, 41, 50, 51, 89, 103, 112, 115, 253, 255, 47];

describeFacts('3.3: other protocols', [
  ...GENERIC.map((protocol) => ({
    row: `${protocol}: a, a, reply`,
    packets: [
      [to(String(protocol), 'length=60'), 'new'],
      [to(String(protocol), 'length=60'), 'new'],
      [back(String(protocol), 'length=60'), 'established'],
    ] as const,
  })),
  {
    row: 'DCCP 33: tuple is addresses + protocol only',
    packets: [
      [`33 ${A}:1 -> ${B}:2 in=eth0`, 'new'],
      [`33 ${A}:1 -> ${B}:2 in=eth0`, 'new'],
      [`33 ${B}:7 -> ${A}:8 in=eth1`, 'established'],
    ],
  },
  ...['INIT', 'HEARTBEAT', 'SHUTDOWN_ACK'].map((chunk) => ({
    row: `SCTP ${chunk} without entry`,
    packets: [[`sctp ${A}:1 -> ${B}:2 in=eth0 chunk=${chunk}`, 'new']] as const,
  })),
  ...['DATA', 'INIT_ACK', 'ABORT', 'COOKIE_ECHO'].map((chunk) => ({
    row: `SCTP ${chunk} without entry`,
    packets: [[`sctp ${A}:1 -> ${B}:2 in=eth0 chunk=${chunk}`, 'invalid']] as const,
  })),
  {
    row: 'UDP-Lite (136)',
    packets: [[`udplite ${A}:1 -> ${B}:2 in=eth0`, 'invalid']],
  },
]);
