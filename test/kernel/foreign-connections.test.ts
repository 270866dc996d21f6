import { describeFacts, type FactPacket, type FactRow } from '../support/facts.ts';

// What CT says of connections before there are any, how long they live, and marks that sets give (docs/fidelity.md, sections 3, 4 and 6).

const OUT = 'udp 192.0.2.10:1 -> 198.51.100.9:2 in=eth0';
const BACK = 'udp 198.51.100.9:2 -> 192.0.2.10:1 in=eth1';
const OTHER = 'udp 192.0.2.10:1 -> 198.51.100.9:2 in=eth0 tos=0x10';

/** `CT` for packets that come in by each interface; what bears a TOS goes by the last one. */
function zones(
  row: string,
  targets: Readonly<Partial<Record<'eth0' | 'eth1' | 'other', string>>>,
  packets: readonly FactPacket[],
  more = '',
): FactRow {
  const { eth0, eth1, other } = targets;
  const lines = [
    ...(other === undefined ? [] : [`-A PREROUTING -m tos --tos 0x10/0xff -j ${other}`]),
    ...(eth0 === undefined ? [] : [`-A PREROUTING -i eth0 -j ${eth0}`]),
    ...(eth1 === undefined ? [] : [`-A PREROUTING -i eth1 -j ${eth1}`]),
  ];
  return {
    row,
    rules: `*raw\n:PREROUTING ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n${more}`,
    sets: '',
    packets,
  };
}

const NAT = '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.9.9.9 -j MASQUERADE\nCOMMIT';
const ERROR =
  'icmp 198.51.100.9 -> 192.0.2.10 type=3 code=3 in=eth1 quoted=udp 192.0.2.10:1 -> 198.51.100.9:2';

describeFacts('zones of connection tracking', [
  zones('a connection in a zone is met by packets of that zone alone', { eth0: 'CT --zone 5' }, [
    [OUT, 'new accept eth1'],
    [BACK, 'new accept eth0'],
    [OUT, 'new accept eth1'],
  ]),
  zones(
    'both sides in one zone are one connection',
    { eth0: 'CT --zone 5', eth1: 'CT --zone 5', other: 'CT --zone 6' },
    [
      [OUT, 'new accept eth1'],
      [OTHER, 'new accept eth1'],
      [BACK, 'established accept eth0'],
      [OTHER, 'new accept eth1'],
      [OUT, 'established accept eth1'],
    ],
  ),
  zones('a zone of the original direction alone: answers need none', { eth0: 'CT --zone-orig 5' }, [
    [OUT, 'new accept eth1'],
    [BACK, 'established accept eth0'],
    [OUT, 'established accept eth1'],
  ]),
  zones(
    'a zone of the reply direction alone: answers are found there',
    { eth0: 'CT --zone-reply 5', eth1: 'CT --zone 5' },
    [
      [OUT, 'new accept eth1'],
      [BACK, 'established accept eth0'],
      [OUT, 'established accept eth1'],
    ],
  ),
  zones(
    'a zone of the reply direction alone: an answer without it is new, and cannot be confirmed',
    { eth0: 'CT --zone-reply 5' },
    [
      [OUT, 'new accept eth1'],
      [BACK, 'new drop'],
      [OUT, 'new accept eth1'],
    ],
  ),
  zones(
    'the mark as a zone: 16 bits of it',
    { other: 'MARK --set-xmark 0x70005/0xffffffff', eth0: 'CT --zone mark', eth1: 'CT --zone 5' },
    [
      [OTHER, 'new accept eth1'],
      [BACK, 'established accept eth0'],
      [OUT, 'new accept eth1'],
    ],
  ),
  zones(
    'the mark that counts is the one behind table raw',
    { other: 'CT --zone mark', eth0: 'MARK --set-xmark 0x9/0xf', eth1: 'CT --zone 9' },
    [
      [OTHER, 'new accept eth1'],
      [BACK, 'established accept eth0'],
    ],
    '',
  ),
  zones(
    'the first CT decides',
    { other: 'CT --zone 7', eth0: 'CT --zone 5', eth1: 'CT --zone 7' },
    [
      [OTHER, 'new accept eth1'],
      [BACK, 'established accept eth0'],
    ],
  ),
  zones('an error is about a connection of its own zone', { eth0: 'CT --zone 5' }, [
    [OUT, 'new accept eth1'],
    [ERROR, 'invalid drop'],
  ]),
  zones('an error in the zone of its connection', { eth0: 'CT --zone 5', eth1: 'CT --zone 5' }, [
    [OUT, 'new accept eth1'],
    [ERROR, 'related accept eth0'],
  ]),
  zones(
    'without nat, what has the answers of another connection cannot be confirmed',
    { other: 'CT --zone-orig 5' },
    [
      [OTHER, 'new accept eth1'],
      [OUT, 'new drop'],
      [BACK, 'established accept eth0'],
    ],
  ),
  zones(
    'the same zones with nat: nothing is taken in another zone',
    { other: 'CT --zone 5' },
    [
      [OTHER, 'new accept eth1 sport=1'],
      [OUT, 'new accept eth1 sport=1'],
      [BACK, 'established accept eth0'],
    ],
    NAT,
  ),
  zones(
    'with nat, answers that would be another connection’s have the source port changed',
    { other: 'CT --zone-orig 5' },
    [
      [OTHER, 'new accept eth1 sport=1'],
      [OUT, 'undetermined accept'],
    ],
    NAT,
  ),
]);

const CONTROL = 'tcp 192.0.2.10:1000 -> 198.51.100.9:21 in=eth0';
const DATA = 'tcp 198.51.100.9:20 -> 192.0.2.10:5000 in=eth1';

/** FORWARD drops what begins a connection that nothing expects, but for the control connection. */
function helped(row: string, packets: readonly FactPacket[]): FactRow {
  return {
    row,
    rules: `*raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
      COMMIT
      *filter
      :FORWARD ACCEPT [0:0]
      -A FORWARD -p tcp -m tcp --sport 20 -m conntrack --ctstate NEW -j DROP
      COMMIT`,
    sets: '',
    packets,
  };
}

describeFacts('helpers of connection tracking', [
  helped('what the helper may have been told to expect is known to nobody', [
    [DATA, 'new drop'],
    [CONTROL, 'new accept eth1'],
    [DATA, 'undetermined drop'],
    ['tcp 198.51.100.9:21 -> 192.0.2.10:1000 in=eth1 flags=SA', 'established accept eth0'],
  ]),
  helped('other hosts, other protocols and packets that rules let pass anyway are not concerned', [
    [CONTROL, 'new accept eth1'],
    ['tcp 198.51.100.10:20 -> 192.0.2.11:5000 in=eth1', 'new drop'],
    ['icmp 198.51.100.9 -> 192.0.2.10 type=8 in=eth1', 'new accept eth0'],
    ['tcp 198.51.100.9:30 -> 192.0.2.10:5000 in=eth1', 'new accept eth0'],
  ]),
]);

const EXPIRE = (match: string): string =>
  `*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack ${match} -j MARK --set-xmark 0x1/0x1\nCOMMIT`;

function life(match: string, ...wanted: readonly string[]): FactRow {
  const lines = [OUT, BACK, BACK];
  const packets = lines.map((line, at): FactPacket => [line, wanted[at] as string]);
  return { row: match, rules: EXPIRE(match), sets: '', packets: packets.slice(0, wanted.length) };
}

/** FORWARD drops what matches, so that a verdict depends on it. */
function lifeDrop(match: string, ...wanted: readonly string[]): FactRow {
  const row = life(match, ...wanted);
  return {
    ...row,
    row: `${match} drops`,
    rules: `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack ${match} -j DROP\nCOMMIT`,
  };
}

describeFacts('how long a connection will be remembered', [
  // An answered UDP flow lives 30 s in its first two seconds.
  life(
    '--ctexpire 20:40 --ctstate ESTABLISHED',
    'accept mark=0x0',
    'accept mark=0x1',
    'accept mark=0x1',
  ),
  life('--ctexpire 31:40 --ctstate ESTABLISHED', 'accept mark=0x0', 'accept mark=0x0'),
  life('! --ctexpire 31:40 --ctstate ESTABLISHED', 'accept mark=0x0', 'accept mark=0x1'),
  life('--ctexpire 0:4294967295', 'accept mark=0x1', 'accept mark=0x1'),
  lifeDrop('--ctexpire 0 --ctstate NEW', 'undetermined'),
  lifeDrop('--ctexpire 30 --ctdir REPLY', 'accept eth1', 'undetermined'),
  lifeDrop('--ctexpire 100:200 --ctdir REPLY', 'accept eth1', 'accept eth0'),
]);

const MARKS = `create marks hash:net family inet hashsize 64 maxelem 100 skbinfo
add marks 192.0.2.0/24 skbmark 0x10/0xff
add marks 192.0.2.10 skbmark 0x7/0x0f skbprio 1:10 skbqueue 2
add marks 192.0.2.11
add marks 192.0.2.12 nomatch
create plain hash:ip family inet hashsize 64 maxelem 100
add plain 192.0.2.10
create pairs hash:ip,port family inet hashsize 64 maxelem 100 skbinfo
add pairs 198.51.100.9,udp:2 skbmark 0x300/0xff00
create both list:set size 8
add both plain
add both marks
create own list:set size 8 skbinfo
add own marks skbmark 0x44/0xff`;

function mapped(row: string, target: string, packets: readonly FactPacket[], before = ''): FactRow {
  return {
    row,
    rules: `*mangle\n:PREROUTING ACCEPT [0:0]\n${before}-A PREROUTING -j MARK --set-xmark 0x1234/0xffffffff\n-A PREROUTING -j ${target}\nCOMMIT`,
    sets: MARKS,
    packets,
  };
}

const from = (last: number): string => `udp 192.0.2.${last}:1 -> 198.51.100.9:2 in=eth0`;

describeFacts('marks that sets give', [
  mapped('the most specific element gives it', 'SET --map-set marks src --map-mark', [
    [from(10), 'accept mark=0x1237'],
    [from(13), 'accept mark=0x1210'],
    [from(11), 'accept mark=0x1234'],
    [from(12), 'accept mark=0x1234'],
    [BACK, 'accept mark=0x1234'],
  ]),
  mapped('an element of the other side', 'SET --map-set pairs dst,dst --map-mark', [
    [from(10), 'accept mark=0x334'],
    [BACK, 'accept mark=0x1234'],
  ]),
  mapped('a set that was not made for marks gives none', 'SET --map-set plain src --map-mark', [
    [from(10), 'accept mark=0x1234'],
  ]),
  mapped(
    'a list gives what its set does, the first that holds the packet',
    'SET --map-set both src --map-mark',
    [
      [from(10), 'accept mark=0x1234'],
      [from(13), 'accept mark=0x1210'],
    ],
  ),
  mapped('a list that was made for marks gives its own', 'SET --map-set own src --map-mark', [
    [from(10), 'accept mark=0x1244'],
    [BACK, 'accept mark=0x1234'],
  ]),
]);
