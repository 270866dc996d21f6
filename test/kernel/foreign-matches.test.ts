import { describeFacts, type FactPacket, type FactRow } from '../support/facts.ts';

// What rules of hosts ask for and do beyond what policy compiles to: kernel and simulation say the same (docs/fidelity.md, sections 2, 4 and 6).

const TCP = 'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0';
const YES = 'accept eth1';
const NO = 'drop at=forward';

const udp = (ports: string, more = ''): string => {
  const [source, destination] = ports.split('>');
  return `udp 192.0.2.10:${source} -> 198.51.100.9:${destination} in=eth0 ${more}`;
};

/** FORWARD drops but for what the matches take. */
function row(match: string, ...packets: readonly FactPacket[]): FactRow {
  return {
    row: match,
    rules: `*filter\n:FORWARD DROP [0:0]\n-A FORWARD ${match} -j ACCEPT\nCOMMIT`,
    sets: '',
    packets,
  };
}

describeFacts('header matches', [
  row(
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
    [TCP, YES],
    [`${TCP} flags=SPU`, YES],
    [`${TCP} flags=A`, NO],
  ),
  row('-p tcp -m tcp ! --tcp-flags SYN,ACK SYN', [TCP, NO], [`${TCP} flags=A`, YES]),
  row(
    '-p udp -m multiport --ports 53,1000:1002',
    [udp('1001>9'), YES],
    [udp('9>53'), YES],
    [udp('9>54'), NO],
  ),
  row('-p udp -m multiport ! --ports 53', [udp('53>9'), NO], [udp('9>53'), NO], [udp('9>54'), YES]),
  row('-s 192.0.2.10/255.0.0.255', [TCP, YES], ['tcp 192.1.2.11:1 -> 198.51.100.9:80 in=eth0', NO]),
  row(
    '-m iprange --src-range 192.0.2.9-192.0.2.11',
    [TCP, YES],
    ['udp 192.0.2.12:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  row('-m iprange ! --dst-range 198.51.100.1-198.51.100.8', [TCP, YES]),
  row('-m length --length 40', [TCP, YES], [`${TCP} length=41`, NO]),
  row('-m length ! --length 0:40', [TCP, NO], [`${TCP} length=41`, YES]),
  // FORWARD sees what is left after this host.
  row('-m ttl --ttl-eq 63', [TCP, YES], [`${TCP} ttl=63`, NO]),
  row('-m ttl --ttl-lt 10', [`${TCP} ttl=10`, YES], [`${TCP} ttl=11`, NO]),
  row('-m ttl --ttl-gt 10', [`${TCP} ttl=11`, NO], [`${TCP} ttl=12`, YES]),
  row('-m tos --tos 0x10/0x3f', [`${TCP} tos=0x50`, YES], [TCP, NO]),
  row('-m dscp --dscp 0x2e', [`${TCP} tos=0xb8`, YES], [`${TCP} tos=0xbb`, YES], [TCP, NO]),
  row('-m dscp ! --dscp 0x2e', [`${TCP} tos=0xb8`, NO], [TCP, YES]),
  row('-f', [TCP, NO]),
  row('! -f', [TCP, YES]),
  row('-p tcp -m tcp', [TCP, YES], [udp('1>2'), NO]),
  row(
    '-p icmp -m icmp --icmp-type any',
    ['icmp 192.0.2.10 -> 198.51.100.9 type=13 in=eth0', YES],
    [TCP, NO],
  ),
  row('-p icmp -m icmp ! --icmp-type any', ['icmp 192.0.2.10 -> 198.51.100.9 type=13 in=eth0', NO]),
  row(
    '-m mac --mac-source 02:00:00:00:00:09',
    [`${TCP} mac=02:00:00:00:00:09`, YES],
    [`${TCP} mac=02:00:00:00:00:08`, NO],
    [TCP, 'undetermined'],
  ),
  row('-m physdev ! --physdev-is-bridged', [TCP, YES]),
  row('-m physdev --physdev-in eth+', [TCP, NO]),
  row('-m pkttype --pkt-type unicast', [TCP, YES]),
  row('-m pkttype ! --pkt-type unicast', [TCP, NO]),
  row('-m statistic --mode nth --every 1 --packet 0', [TCP, YES]),
]);

const MARKED = (match: string): string =>
  `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${match} -j MARK --set-xmark 0x1/0x1\nCOMMIT`;

function marks(match: string, ...packets: readonly FactPacket[]): FactRow {
  return { row: match, rules: MARKED(match), sets: '', packets };
}

function marks6(match: string, ...packets: readonly FactPacket[]): FactRow {
  return { row: `v6 ${match}`, rules6: MARKED(match), sets: '', packets };
}

const to = (address: string): string => `udp 192.0.2.10:1 -> ${address}:2 in=eth0`;
const to6 = (address: string): string => `udp [2001:db8:0:2::5]:1 -> [${address}]:2 in=eth0`;

describeFacts('addrtype and rpfilter', [
  marks(
    '-m addrtype --dst-type BROADCAST',
    [to('192.0.2.255'), 'mark=0x1'],
    [to('255.255.255.255'), 'mark=0x1'],
    [to('198.51.100.9'), 'mark=0x0'],
  ),
  marks(
    '-m addrtype --dst-type UNICAST',
    [to('198.51.100.9'), 'mark=0x1'],
    [to('198.51.100.1'), 'mark=0x0'],
    [to('8.8.8.8'), 'mark=0x1'],
  ),
  marks(
    '-m addrtype --dst-type MULTICAST',
    [to('224.0.0.1'), 'mark=0x1'],
    [to('198.51.100.9'), 'mark=0x0'],
  ),
  marks(
    '-m addrtype --src-type UNICAST --dst-type LOCAL,BROADCAST',
    [to('192.0.2.255'), 'mark=0x1'],
    [to('192.0.2.1'), 'mark=0x1'],
    [to('8.8.8.8'), 'mark=0x0'],
  ),
  marks(
    '-m addrtype ! --dst-type LOCAL',
    [to('192.0.2.1'), 'mark=0x0'],
    [to('8.8.8.8'), 'mark=0x1'],
  ),
  marks(
    '-m addrtype --dst-type LOCAL --limit-iface-in',
    [to('192.0.2.1'), 'mark=0x1'],
    [to('198.51.100.1'), 'mark=0x0'],
  ),
  marks(
    '-m addrtype ! --dst-type LOCAL --limit-iface-in',
    [to('192.0.2.1'), 'mark=0x0'],
    [to('198.51.100.1'), 'mark=0x1'],
  ),
  marks6(
    '-m addrtype --dst-type LOCAL',
    [to6('2001:db8:0:2::1'), 'mark=0x1'],
    [to6('2001:db8:0:100::9'), 'mark=0x0'],
  ),
  marks6(
    '-m addrtype --dst-type UNICAST',
    [to6('2001:db8:0:100::9'), 'mark=0x1'],
    [to6('2001:db8:0:2::1'), 'mark=0x1'],
  ),
  marks6(
    '-m addrtype --dst-type MULTICAST',
    [to6('ff02::1'), 'mark=0x1'],
    [to6('2001:db8:0:2::1'), 'mark=0x0'],
  ),
  marks(
    '-m rpfilter --loose',
    [to('192.0.2.1'), 'mark=0x1'],
    ['udp 203.0.113.10:1 -> 192.0.2.1:2 in=eth0', 'mark=0x1'],
    ['udp 192.0.2.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x0'],
  ),
  marks('-m rpfilter --loose --accept-local', [
    'udp 192.0.2.1:1 -> 198.51.100.9:2 in=eth0',
    'mark=0x1',
  ]),
  marks(
    '-m rpfilter --accept-local',
    ['udp 192.0.2.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x1'],
    ['udp 198.51.100.1:1 -> 198.51.100.9:2 in=eth0', 'mark=0x0'],
  ),
  marks6('-m rpfilter --loose', [
    'udp [2001:db8:0:100::9]:1 -> [2001:db8:0:2::1]:2 in=eth0',
    'mark=0x1',
  ]),
]);

const ANSWER = 'tcp 198.51.100.9:80 -> 192.0.2.10:1000 in=eth1 flags=SA';

function flow(match: string, ...wanted: readonly string[]): FactRow {
  const lines = [TCP, ANSWER, `${TCP} flags=A`];
  return {
    row: match,
    rules: `*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${match} -j MARK --set-xmark 0x1/0x1\nCOMMIT`,
    sets: '',
    packets: lines.map((line, at): FactPacket => [line, `accept mark=0x${wanted[at]}`]),
  };
}

const AGAIN = 'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0 flags=A';

describeFacts('the connection', [
  flow('-m conntrack --ctproto 6', '1', '1', '1'),
  flow('-m conntrack ! --ctproto 17', '1', '1', '1'),
  flow('-m conntrack --ctdir REPLY', '0', '1', '0'),
  flow('-m conntrack --ctorigsrc 192.0.2.0/24', '1', '1', '1'),
  flow('-m conntrack ! --ctorigdst 192.0.2.0/24', '1', '1', '1'),
  flow('-m conntrack --ctreplsrc 198.51.100.9', '1', '1', '1'),
  flow('-m conntrack --ctrepldst 198.51.100.9', '0', '0', '0'),
  flow('-m conntrack --ctorigdstport 80:81', '1', '1', '1'),
  flow('-m conntrack --ctreplsrcport 81', '0', '0', '0'),
  flow('-m conntrack --ctstatus SEEN_REPLY', '0', '1', '1'),
  flow('-m conntrack --ctstatus ASSURED', '0', '0', '1'),
  flow('-m conntrack --ctstatus CONFIRMED', '0', '1', '1'),
  flow('-m conntrack --ctstatus NONE', '0', '0', '0'),
  flow('-m conntrack ! --ctstatus NONE', '1', '1', '1'),
  flow('-m conntrack --ctstate NEW,ESTABLISHED --ctdir ORIGINAL', '1', '0', '1'),
  flow('-m state --state NEW', '1', '0', '0'),
  {
    row: 'CONNMARK set, saved and restored',
    rules: `*mangle
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
      -A PREROUTING -m connmark --mark 0x5/0xf -j MARK --set-xmark 0x100/0x100
      -A PREROUTING -m conntrack --ctstate NEW -j MARK --set-xmark 0x25/0xff
      -A POSTROUTING -j CONNMARK --save-mark --nfmask 0x0f --ctmask 0x0f
      COMMIT`,
    sets: '',
    packets: [
      [TCP, 'accept mark=0x25'],
      [ANSWER, 'accept mark=0x105'],
      [AGAIN, 'accept mark=0x105'],
    ],
  },
  {
    row: 'CONNMARK --set-xmark; a packet without a connection fails connmark, negated or not',
    rules: `*raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -p udp -j CT --notrack
      COMMIT
      *mangle
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -j CONNMARK --set-xmark 0x7/0xffffffff
      -A PREROUTING -m connmark --mark 0x7 -j MARK --set-xmark 0x1/0x1
      -A PREROUTING -m connmark ! --mark 0x7 -j MARK --set-xmark 0x2/0x2
      COMMIT`,
    sets: '',
    packets: [
      [TCP, 'accept mark=0x1'],
      [udp('1>2'), 'accept mark=0x0'],
    ],
  },
  {
    row: 'CT --helper leaves a template that a later NOTRACK does not take off',
    rules: `*raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -p udp -j CT --ctevents new
      -A PREROUTING -p udp -m conntrack --ctstate NEW -j MARK --set-xmark 0x1/0x1
      -A PREROUTING -j CT --notrack
      COMMIT`,
    sets: '',
    packets: [
      [udp('1>2'), 'new accept mark=0x1'],
      [TCP, 'untracked accept mark=0x0'],
    ],
  },
]);

const nat = (chain: string, rule: string): string =>
  `*nat\n:${chain} ACCEPT [0:0]\n-A ${chain} ${rule}\nCOMMIT`;

describeFacts('translation', [
  {
    row: 'DNAT to a range of one address',
    rules: nat('PREROUTING', '-p tcp -j DNAT --to-destination 203.0.113.10-203.0.113.10:8080'),
    sets: '',
    packets: [[TCP, 'accept cali0 dst=203.0.113.10 dport=8080']],
  },
  {
    row: 'DNAT to a range of ports: the first free one',
    rules: nat('PREROUTING', '-p tcp -j DNAT --to-destination 203.0.113.10:2000-2010'),
    sets: '',
    packets: [
      [TCP, 'accept cali0 dport=2000'],
      ['tcp 192.0.2.10:1000 -> 198.51.100.9:2005 in=eth0', 'accept cali0 dport=2005'],
    ],
  },
  {
    row: 'DNAT to shifted ports',
    rules: nat('PREROUTING', '-p tcp -j DNAT --to-destination 203.0.113.10:3000-3004/102'),
    sets: '',
    packets: [
      ['tcp 192.0.2.10:1 -> 198.51.100.9:102 in=eth0', 'accept dport=3000'],
      ['tcp 192.0.2.10:1 -> 198.51.100.9:106 in=eth0', 'accept dport=3004'],
      ['tcp 192.0.2.10:2 -> 198.51.100.9:107 in=eth0', 'accept dport=3000'],
    ],
  },
  {
    row: 'REDIRECT from outside: the first address of the input interface',
    rules: nat('PREROUTING', '-p tcp -j REDIRECT --to-ports 8080'),
    sets: '',
    packets: [
      [TCP, 'accept local dst=192.0.2.1 dport=8080'],
      ['udp 192.0.2.10:1 -> 198.51.100.9:80 in=eth0', 'accept eth1'],
    ],
  },
  {
    row: 'REDIRECT in OUTPUT: 127.0.0.1 by lo',
    rules: nat('OUTPUT', '-p tcp -j REDIRECT --to-ports 8080'),
    sets: '',
    packets: [
      ['tcp 192.0.2.1:1000 -> 192.0.2.10:80 in=local', 'accept local dst=127.0.0.1 dport=8080'],
    ],
  },
  {
    row: 'REDIRECT on an interface of IPv6',
    rules6: nat('PREROUTING', '-p tcp -j REDIRECT'),
    sets: '',
    packets: [
      [
        'tcp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::9]:80 in=eth0',
        'accept local dst=2001:db8:0:2::1 dport=80',
      ],
    ],
  },
  {
    row: 'NETMAP of destinations',
    rules: nat('PREROUTING', '-d 198.51.100.0/24 -j NETMAP --to 203.0.113.0/24'),
    sets: '',
    packets: [['tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0', 'accept cali0 dst=203.0.113.10']],
  },
  {
    row: 'NETMAP of sources',
    rules: nat('POSTROUTING', '-j NETMAP --to 10.9.9.0/24'),
    sets: '',
    packets: [[TCP, 'accept eth1 src=10.9.9.10']],
  },
  {
    row: 'SNAT to a range of ports keeps a port that is in it',
    rules: nat('POSTROUTING', '-p tcp -j SNAT --to-source 198.51.100.1:900-1100'),
    sets: '',
    packets: [[TCP, 'accept eth1 src=198.51.100.1 sport=1000']],
  },
  {
    row: 'MASQUERADE to a port',
    rules: nat('POSTROUTING', '-p tcp -j MASQUERADE --to-ports 5000-5000'),
    sets: '',
    packets: [[TCP, 'accept eth1 src=198.51.100.1 sport=5000']],
  },
  {
    row: 'SNAT at INPUT',
    rules: nat('INPUT', '-p tcp -j SNAT --to-source 192.0.2.77'),
    sets: '',
    packets: [['tcp 192.0.2.10:1000 -> 192.0.2.1:80 in=eth0', 'accept local src=192.0.2.77']],
  },
]);

const security = (chain: string): string =>
  `*security\n:${chain} ACCEPT [0:0]\n-A ${chain} -p udp -j DROP\nCOMMIT`;

describeFacts('other targets and tables', [
  {
    row: 'table security at FORWARD',
    rules: security('FORWARD'),
    sets: '',
    packets: [
      [udp('1>2'), 'drop at=forward'],
      [TCP, YES],
    ],
  },
  {
    row: 'table security at INPUT',
    rules: security('INPUT'),
    sets: '',
    packets: [['udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'drop at=input']],
  },
  {
    row: 'TTL set to 1 before routing ends it, in FORWARD it does not',
    rules: `*mangle\n:PREROUTING ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A PREROUTING -p udp -j TTL --ttl-set 1\n-A FORWARD -p tcp -j TTL --ttl-dec 70\nCOMMIT`,
    sets: '',
    packets: [
      [udp('1>2'), 'reject at=prerouting'],
      [TCP, YES],
    ],
  },
  {
    row: 'TTL that is raised',
    rules: `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j TTL --ttl-inc 1\nCOMMIT`,
    sets: '',
    packets: [[`${TCP} ttl=1`, YES]],
  },
  {
    row: 'DSCP and TOS are seen by what follows',
    rules: `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DSCP --set-dscp 0x2e\n-A PREROUTING -p udp -j TOS --set-tos 0x08/0x3f\n-A PREROUTING -m dscp --dscp 0x2e -j MARK --set-xmark 0x1/0x1\n-A PREROUTING -m tos --tos 0x08/0xff -j MARK --set-xmark 0x2/0x2\nCOMMIT`,
    sets: '',
    packets: [
      [TCP, 'accept mark=0x1'],
      [udp('1>2'), 'accept mark=0x2'],
      [udp('1>3', 'tos=0xc4'), 'accept mark=0x0'],
    ],
  },
  {
    row: 'TCPMSS lengthens a first segment without the option',
    rules: `*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400\n-A FORWARD -m length --length 44 -j MARK --set-xmark 0x1/0x1\nCOMMIT`,
    sets: '',
    packets: [[TCP, 'accept mark=0x1']],
  },
  {
    row: 'what only tells changes nothing',
    rules: `*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j NFLOG --nflog-group 9\n-A FORWARD -j CLASSIFY --set-class 0001:0002\n-A FORWARD -j AUDIT --type drop\n-A FORWARD -j LOG\n-A FORWARD\nCOMMIT`,
    sets: '',
    packets: [[TCP, YES]],
  },
  {
    row: 'TPROXY without a socket',
    rules: `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TPROXY --on-port 5080 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1\nCOMMIT`,
    sets: '',
    packets: [[TCP, 'undetermined drop']],
  },
]);

const owned = (match: string): string =>
  `*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT ${match} -j ACCEPT\nCOMMIT`;
const MINE = 'udp 192.0.2.1:1 -> 192.0.2.10:2 in=local';

describeFacts('owner, of processes of this host (the test is root)', [
  {
    row: '--uid-owner 0',
    rules: owned('-m owner --uid-owner 0'),
    sets: '',
    packets: [
      [`${MINE} uid=0`, 'accept eth0'],
      [MINE, 'undetermined'],
    ],
  },
  {
    row: '! --uid-owner 0',
    rules: owned('-m owner ! --uid-owner 0'),
    sets: '',
    packets: [[`${MINE} uid=0`, 'drop']],
  },
  {
    row: '--uid-owner 1-5',
    rules: owned('-m owner --uid-owner 1-5'),
    sets: '',
    packets: [[`${MINE} uid=0`, 'drop']],
  },
  {
    row: '--socket-exists',
    rules: owned('-m owner --socket-exists'),
    sets: '',
    packets: [[MINE, 'accept eth0']],
  },
  {
    row: '! --uid-owner of what nobody here sends',
    rules: `*mangle\n:POSTROUTING DROP [0:0]\n-A POSTROUTING -m owner ! --uid-owner 7 -j ACCEPT\nCOMMIT`,
    sets: '',
    packets: [[TCP, 'accept eth1']],
  },
]);

function inSet(set: string, match: string, ...packets: readonly FactPacket[]): FactRow {
  return {
    ...row(`-m set ${match}`, ...packets),
    row: `${set.split('\n')[0]}: ${match}`,
    sets: set,
  };
}

describeFacts('sets', [
  inSet(
    'create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.10',
    '--match-set s src',
    [TCP, YES],
    ['udp 192.0.2.11:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  inSet(
    'create s hash:ip family inet hashsize 1024 maxelem 65536 netmask 28\nadd s 192.0.2.0',
    '--match-set s src',
    [TCP, YES],
    ['udp 192.0.2.16:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  inSet(
    'create s hash:net family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.0/24\nadd s 192.0.2.8/29 nomatch\nadd s 192.0.2.10',
    '--match-set s src',
    [TCP, YES],
    ['udp 192.0.2.11:1 -> 198.51.100.9:2 in=eth0', NO],
    ['udp 192.0.2.20:1 -> 198.51.100.9:2 in=eth0', YES],
  ),
  inSet(
    'create s hash:net family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.0/24\nadd s 192.0.2.8/29 nomatch',
    '--match-set s src --return-nomatch',
    [TCP, YES],
    ['udp 192.0.2.20:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  inSet(
    'create s hash:ip,port family inet hashsize 1024 maxelem 65536\nadd s 198.51.100.9,tcp:80\nadd s 198.51.100.9,icmp:8/0',
    '--match-set s dst,dst',
    [TCP, YES],
    ['icmp 192.0.2.10 -> 198.51.100.9 in=eth0', YES],
    [udp('1>80'), NO],
  ),
  inSet(
    'create s hash:net,port family inet hashsize 1024 maxelem 65536\nadd s 198.51.100.0/24,tcp:80',
    '--match-set s dst,dst',
    [TCP, YES],
    ['tcp 192.0.2.10:80 -> 198.51.100.9:81 in=eth0', NO],
  ),
  inSet(
    'create s hash:ip,port,ip family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.10,tcp:80,198.51.100.9',
    '--match-set s src,dst,dst',
    [TCP, YES],
    [udp('1>80'), NO],
  ),
  inSet(
    'create s hash:ip,port,net family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.10,tcp:80,198.51.100.0/24',
    '--match-set s src,dst,dst',
    [TCP, YES],
  ),
  inSet(
    'create s hash:net,iface family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.0/24,eth0',
    '--match-set s src,src',
    [TCP, YES],
  ),
  inSet(
    'create s hash:net,iface family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.0/24,eth1',
    '--match-set s src,dst',
    [TCP, YES],
  ),
  inSet(
    'create s hash:net,iface family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.0/24,eth1',
    '--match-set s src,src',
    [TCP, NO],
  ),
  inSet(
    'create s bitmap:ip range 192.0.2.0-192.0.2.255\nadd s 192.0.2.10',
    '--match-set s src',
    [TCP, YES],
    ['udp 192.0.2.11:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  inSet(
    'create s bitmap:port range 0-1023\nadd s 80',
    '--match-set s dst',
    [TCP, YES],
    [udp('1>80'), YES],
    ['sctp 192.0.2.10:1 -> 198.51.100.9:80 in=eth0', NO],
    [udp('1>81'), NO],
  ),
  inSet(
    'create a hash:ip family inet hashsize 1024 maxelem 65536\nadd a 192.0.2.10\ncreate b hash:net family inet hashsize 1024 maxelem 65536\nadd b 192.0.2.16/28\ncreate s list:set size 8\nadd s a\nadd s b',
    '--match-set s src',
    [TCP, YES],
    ['udp 192.0.2.17:1 -> 198.51.100.9:2 in=eth0', YES],
    ['udp 192.0.2.40:1 -> 198.51.100.9:2 in=eth0', NO],
  ),
  {
    row: 'what SET puts in and takes out is not known afterwards',
    rules:
      '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p udp -j SET --add-set s src\n-A FORWARD -m set --match-set s src -j ACCEPT\nCOMMIT',
    sets: 'create s hash:ip family inet hashsize 1024 maxelem 65536',
    packets: [
      [TCP, NO],
      [udp('1>2'), `undetermined ${YES}`],
      [`${TCP} flags=S`, `undetermined ${YES}`],
    ],
  },
]);

describeFacts(
  'connections are tracked where a rule needs it (1.3)',
  [
    {
      row: 'not for CT --notrack alone',
      rules:
        '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m conntrack --ctstate NEW -j CT --notrack\nCOMMIT',
      sets: '',
      packets: [[TCP, YES]],
    },
    {
      row: 'with REDIRECT, for the source port of another too',
      rules: nat('PREROUTING', '-p tcp --dport 9 -j REDIRECT'),
      sets: '',
      packets: [[TCP, YES]],
    },
  ],
  { watchState: false },
);

/** A process of the host talks to another by way of a redirection and a translated source; `changed` is what OUTPUT does beside. */
function talk(row: string, changed: string, answered: string): FactRow {
  return {
    row,
    rules: `*mangle
      :OUTPUT ACCEPT [0:0]
      ${changed}
      COMMIT
      *nat
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A OUTPUT -p udp -j REDIRECT --to-ports 5353
      -A POSTROUTING -j SNAT --to-source 198.51.100.77
      COMMIT`,
    sets: '',
    packets: [
      ['udp 192.0.2.1:443 -> 127.0.0.1:137 in=local', 'new accept local'],
      ['udp 127.0.0.1:5353 -> 198.51.100.77:443 in=local', answered],
    ],
  };
}

describeFacts('what table mangle changes in OUTPUT has a packet routed again', [
  talk('nothing: the loopback source is not looked at', '', 'established accept local'),
  talk(
    'the type of service: a loopback source may not leave',
    '-A OUTPUT -j DSCP --set-dscp 0x2e',
    'established reject',
  ),
  talk('the mark: the same', '-A OUTPUT -j MARK --set-xmark 0x1/0x1', 'established reject'),
  talk(
    'the hop limit of IPv4: nothing',
    '-A OUTPUT -j TTL --ttl-set 33',
    'established accept local',
  ),
]);
