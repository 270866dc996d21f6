import { describeFacts, type FactPacket, type FactRow } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts section 6. FORWARD accepts what the rule matches, and nothing else.

const TCP = 'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0';
const YES = 'accept eth1';
const NO = 'drop at=forward';

/** INVALID: nobody knows the connection that it would end. */
const STRAY = 'tcp 192.0.2.10:1001 -> 198.51.100.9:80 in=eth0 flags=FA';

const udp = (ports: string, rest = ''): string => {
  const [source, destination] = ports.split('>');
  return `udp 192.0.2.10:${source} -> 198.51.100.9:${destination} in=eth0 ${rest}`;
};
const other = (protocol: number): string => `${protocol} 192.0.2.10 -> 198.51.100.9 in=eth0`;
const icmp = (type: number, code = 0): string =>
  `icmp 192.0.2.10 -> 198.51.100.9 in=eth0 type=${type} code=${code}`;

function row(match: string, ...packets: readonly FactPacket[]): FactRow {
  return {
    row: match,
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD ${match} -j ACCEPT`,
    packets,
  };
}

describeFacts('6.1: protocol, address, interface', [
  row('-p 6', [TCP, YES], [udp('1>2'), NO]),
  row('! -p 6', [TCP, NO], [udp('1>2'), YES]),
  row('-p 255', [other(255), YES], [other(254), NO]),
  row('-s 192.0.2.0/24', [TCP, YES], ['udp 192.0.3.10:1 -> 198.51.100.9:2 in=eth0', NO]),
  row('! -s 192.0.2.0/24', [TCP, NO], ['udp 192.0.3.10:1 -> 198.51.100.9:2 in=eth0', YES]),
  row('-d 198.51.100.9/32', [TCP, YES], ['udp 192.0.2.10:1 -> 198.51.100.8:2 in=eth0', NO]),
  row('-i +', [TCP, YES]),
  row('-i eth+', [TCP, YES], ['udp 203.0.113.10:1 -> 198.51.100.9:2 in=cali0', NO]),
  row('-i eth0+', [TCP, YES]),
  row('-i eth', [TCP, NO]),
  row('! -i nosuch', [TCP, YES]),
  row('-o eth1', [TCP, YES], ['udp 192.0.2.10:1 -> 203.0.113.10:2 in=eth0', NO]),
]);

describeFacts('2.1 and 6.1: a missing interface has an empty name', [
  {
    row: '-i in a chain that OUTPUT calls simply does not match',
    rules: `
      *filter
      :OUTPUT DROP
      :one -
      -A OUTPUT -j one
      -A one -i eth+ -j DROP
      -A one -o eth1 -j ACCEPT`,
    packets: [['udp 192.0.2.1:1 -> 198.51.100.9:2 in=local', YES]],
  },
  {
    row: '-o in a chain that INPUT calls simply does not match; negated it does',
    rules: `
      *filter
      :INPUT DROP
      :one -
      -A INPUT -j one
      -A one -p udp -o eth+ -j ACCEPT
      -A one -p tcp ! -o eth+ -j ACCEPT`,
    packets: [
      ['udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'drop at=input'],
      ['tcp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'accept local'],
    ],
  },
]);

describeFacts('6.2: ports', [
  row(
    '-p udp -m udp --dport 80:82',
    [udp('1>79'), NO],
    [udp('1>80'), YES],
    [udp('1>82'), YES],
    [udp('1>83'), NO],
    [TCP, NO],
  ),
  row('-p udp -m udp --dport 0:80', [udp('1>0'), YES], [udp('1>80'), YES], [udp('1>81'), NO]),
  row('-p udp -m udp --dport 82:65535', [udp('1>65535'), YES], [udp('1>81'), NO]),
  row('-p udp -m udp ! --dport 80:82', [udp('1>80'), NO], [udp('1>83'), YES], [TCP, NO]),
  row('-p udp -m udp --sport 7', [udp('7>80'), YES], [udp('8>7'), NO]),
  row(
    '-p udp -m multiport --dports 1,3,5:7,65535',
    [udp('9>1'), YES],
    [udp('9>2'), NO],
    [udp('9>6'), YES],
    [udp('9>8'), NO],
    [udp('9>65535'), YES],
    [udp('1>9'), NO],
  ),
  row('-p udp -m multiport ! --dports 1,3', [udp('9>1'), NO], [udp('9>2'), YES], [TCP, NO]),
  row(
    '-p udp -m multiport --sports 1,3 -m multiport --dports 5,7',
    [udp('1>5'), YES],
    [udp('1>6'), NO],
    [udp('2>5'), NO],
  ),
]);

const icmp6 = (type: number): string =>
  `icmpv6 2001:db8:0:2::5 -> 2001:db8:0:100::9 in=eth0 type=${type}`;

describeFacts('6.4: ICMP', [
  row('-p icmp -m icmp --icmp-type 3', [icmp(3, 0), YES], [icmp(3, 13), YES], [icmp(8), NO]),
  row('-p icmp -m icmp --icmp-type 3/1', [icmp(3, 1), YES], [icmp(3, 2), NO]),
  row('-p icmp -m icmp --icmp-type 8/0', [icmp(8), YES], [icmp(8, 5), NO]),
  row('-p icmp -m icmp ! --icmp-type 8', [icmp(8), NO], [icmp(13), YES], [TCP, NO]),
  row('-p icmp', [icmp(8), YES], [icmp(255, 255), YES]),
  {
    row: '--icmpv6-type 255: only type 255',
    rules6: `
      *filter
      :FORWARD DROP
      -A FORWARD -p icmpv6 -m icmp6 --icmpv6-type 255 -j ACCEPT`,
    packets: [
      [icmp6(255), YES],
      [icmp6(128), NO],
    ],
  },
  {
    row: 'v6 -p udp',
    rules6: `
      *filter
      :FORWARD DROP
      -A FORWARD -p udp -m udp --dport 53 -j ACCEPT`,
    packets: [
      ['udp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::9]:53 in=eth0', YES],
      ['tcp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::9]:53 in=eth0', NO],
    ],
  },
]);

const SETS = `
      create nets hash:net
      add nets 192.0.2.0/25
      add nets 10.0.0.0/8
      create ports hash:ip,port
      add ports 198.51.100.9,tcp:80
      add ports 198.51.100.9,udp:53
      create everything hash:net
      add everything 0.0.0.0/1
      add everything 128.0.0.0/1`;

function setRow(match: string, ...packets: readonly FactPacket[]): FactRow {
  const plain = row(match, ...packets);
  return { ...plain, rules: `${plain.rules}${SETS}` };
}

describeFacts('6.5: sets', [
  setRow(
    '-m set --match-set nets src',
    [TCP, YES],
    ['udp 192.0.2.200:1 -> 198.51.100.9:2 in=eth0', NO],
    ['udp 10.200.3.4:1 -> 198.51.100.9:2 in=eth0', YES],
  ),
  setRow('-m set ! --match-set nets src', [TCP, NO]),
  setRow('-m set --match-set nets dst', [TCP, NO]),
  setRow('-m set --match-set everything src', [TCP, YES]),
  setRow(
    '-m set --match-set ports dst,dst',
    [TCP, YES],
    [udp('1>53'), YES],
    [udp('1>80'), NO],
    ['sctp 192.0.2.10:1 -> 198.51.100.9:80 in=eth0', NO],
  ),
  setRow('-m set --match-set ports dst,src', [udp('53>80'), YES], [udp('80>53'), NO]),
  // Fewer words than dimensions: no match.
  setRow('-m set --match-set ports dst', [TCP, NO]),
  setRow('-m set ! --match-set ports dst', [TCP, YES]),
  // More words: the tail is ignored.
  setRow('-m set --match-set nets src,dst', [TCP, YES]),
  // Several in one rule: AND.
  setRow(
    '-m set --match-set nets src -m set --match-set ports dst,dst',
    [TCP, YES],
    [udp('1>80'), NO],
  ),
]);

describeFacts('6.6: others', [
  row('-m conntrack --ctstate NEW,INVALID', [TCP, YES], [STRAY, YES]),
  row('-m conntrack ! --ctstate NEW', [TCP, NO], [STRAY, YES]),
  row(
    '-m conntrack --ctstate NEW,INVALID -m conntrack ! --ctstate INVALID',
    [TCP, YES],
    [STRAY, NO],
  ),
  {
    row: 'ctstate in raw sees no entry: INVALID (2.1)',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -m conntrack --ctstate INVALID -j MARK --set-xmark 0x1/0x0
      -A PREROUTING -m conntrack --ctstate NEW -j MARK --set-xmark 0x2/0x0`,
    packets: [[TCP, 'new accept eth1 mark=0x1']],
  },
  {
    row: 'addrtype LOCAL: own addresses of all interfaces and 127/8, whatever the input interface',
    rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -m addrtype --dst-type LOCAL -j MARK --set-xmark 0x1/0x0
      -A PREROUTING -m addrtype --src-type LOCAL -j MARK --set-xmark 0x2/0x0`,
    packets: [
      ['udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'mark=0x1'],
      ['udp 192.0.2.10:1 -> 198.51.100.1:2 in=eth0', 'mark=0x1'],
      ['udp 192.0.2.10:1 -> 127.9.9.9:2 in=eth0', 'mark=0x1'],
      ['udp 198.51.100.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x2'],
      ['udp 192.0.2.10:1 -> 192.0.2.255:2 in=eth0', 'mark=0x0'],
      ['udp 0.0.0.0:1 -> 255.255.255.255:2 in=eth0', 'mark=0x0'],
      [TCP, 'mark=0x0'],
    ],
  },
  {
    row: 'statistic random 0 / 1: never / always',
    rules: `
      *filter
      :FORWARD DROP
      -A FORWARD -p udp -m statistic --mode random --probability 0 -j ACCEPT
      -A FORWARD -p tcp -m statistic --mode random --probability 1 -j ACCEPT`,
    packets: [
      [TCP, YES],
      [udp('1>2'), NO],
    ],
  },
]);

/** The mark tells that rpfilter, inverted, matched: that the packet did not pass. */
const RPFILTER = `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -m rpfilter --invert -j MARK --set-xmark 0x1/0x0`;

describeFacts('6.6: rpfilter', [
  {
    row: 'strict: passes when the route to the source leaves by the input interface',
    rules: RPFILTER,
    packets: [
      ['udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'mark=0x0'],
      ['udp 203.0.113.10:1 -> 192.0.2.1:2 in=eth0', 'mark=0x1'],
      ['udp 8.8.8.8:1 -> 192.0.2.1:2 in=eth0', 'mark=0x1'],
      ['udp 8.8.8.8:1 -> 192.0.2.1:2 in=eth1', 'mark=0x0'],
    ],
  },
  {
    row: 'strict: own, 0.0.0.0, 127.x fail; subnet-broadcast source fails',
    rules: RPFILTER,
    packets: [
      ['udp 192.0.2.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x1'],
      ['udp 0.0.0.0:1 -> 198.51.100.9:2 in=eth0', 'mark=0x1'],
      ['udp 127.0.0.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x1'],
      ['udp 192.0.2.255:1 -> 198.51.100.9:2 in=eth0', 'mark=0x1'],
    ],
  },
  {
    row: 'always pass: packets on lo; 0.0.0.0 to 255.255.255.255',
    rules: RPFILTER,
    packets: [
      ['udp 192.0.2.1:1 -> 198.51.100.1:2 in=local', 'accept local mark=0x0'],
      ['udp 0.0.0.0:1 -> 255.255.255.255:2 in=eth0', 'accept local mark=0x0'],
    ],
  },
]);

describeFacts(
  '6.6: rpfilter without a default route',
  [
    {
      row: 'strict: unroutable fails',
      rules: RPFILTER,
      packets: [['udp 8.8.8.8:1 -> 192.0.2.1:2 in=eth1', 'mark=0x1']],
    },
  ],
  { host: testHost({ routes: ['203.0.113.10/32 dev cali0'] }) },
);
