import type { Random } from '../../src/selftest/random.ts';

/** The sets that random rules ask for. */
const SETS = `create nets hash:net family inet hashsize 1024 maxelem 65536
add nets 192.0.2.0/25
add nets 192.0.2.64/28 nomatch
add nets 10.96.0.0/16
create ips hash:ip family inet hashsize 1024 maxelem 65536
add ips 192.0.2.66
add ips 203.0.113.10
create ports hash:ip,port family inet hashsize 1024 maxelem 65536
add ports 203.0.113.10,tcp:80
add ports 192.0.2.1,udp:53
add ports 192.0.2.1,icmp:8/0
create links hash:net,iface family inet hashsize 1024 maxelem 65536
add links 192.0.2.0/24,eth0
add links 203.0.113.0/24,cali0
create marks hash:net family inet hashsize 1024 maxelem 65536 skbinfo
add marks 192.0.2.0/24 skbmark 0x2/0xf
add marks 192.0.2.66 skbmark 0x1
add marks 203.0.113.0/28
add marks 198.51.100.0/24 skbmark 0x4/0x4
create both list:set size 8
add both ips
add both nets`;

const ANY_MATCHES = [
  '-s 192.0.2.0/24',
  '! -s 192.0.2.64/26',
  '-d 203.0.113.0/24',
  '-d 10.96.0.0/255.255.0.255',
  '-p icmp',
  '-p tcp',
  '! -p udp',
  '-m mark --mark 0x1/0x1',
  '-m mark ! --mark 0x2/0xf',
  '-m connmark --mark 0x3/0xf',
  '-m connmark ! --mark 0x1',
  '-m conntrack --ctstate NEW',
  '-m conntrack ! --ctstate NEW,ESTABLISHED',
  '-m state --state RELATED,ESTABLISHED',
  '-m conntrack --ctproto 6',
  '-m conntrack --ctdir ORIGINAL',
  '-m conntrack ! --ctorigdst 192.0.2.1',
  '-m conntrack --ctorigdstport 80:8080',
  '-m conntrack --ctstatus CONFIRMED',
  '-m conntrack --ctstate NEW --ctproto 17',
  '-m conntrack --ctstate ESTABLISHED --ctexpire 40:500000',
  '-m conntrack --ctstate ESTABLISHED ! --ctexpire 5:20',
  '-m conntrack --ctreplsrc 203.0.113.0/24',
  '-m addrtype --dst-type LOCAL',
  '-m addrtype ! --dst-type LOCAL',
  '-m addrtype --dst-type BROADCAST,MULTICAST',
  '-m addrtype --src-type UNICAST --dst-type UNICAST',
  '-m iprange --src-range 192.0.2.5-192.0.2.66',
  '-m iprange ! --dst-range 198.51.100.0-203.0.113.10',
  '-m length --length 0:30',
  '-m length ! --length 40',
  '-m ttl --ttl-gt 63',
  '-m ttl --ttl-lt 3',
  '-m ttl ! --ttl-eq 64',
  '-m dscp --dscp 0x2e',
  '-m tos --tos 0x08/0x08',
  '-m tos ! --tos 0x10/0xff',
  '-f',
  '! -f',
  '-m set --match-set nets src',
  '-m set ! --match-set nets dst',
  '-m set --match-set ips src',
  '-m set --match-set ports dst,dst',
  '-m set --match-set both dst',
  '-m set --match-set nets src --return-nomatch',
  '-m comment --comment "said by nobody"',
  '-m statistic --mode random --probability 1.00000000000',
  '-m statistic --mode nth --every 1 --packet 0',
];

const PORT_MATCHES = [
  '-p tcp -m tcp --dport 80',
  '-p tcp -m tcp --sport 1024:65535',
  '-p udp -m udp ! --dport 53',
  '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
  '-p tcp -m tcp ! --tcp-flags SYN SYN',
  '-p tcp -m multiport --dports 22,80,443',
  '-p udp -m multiport --ports 53,5353',
  '-p tcp -m multiport ! --sports 22:80',
  '-p icmp -m icmp --icmp-type 8',
  '-p icmp -m icmp --icmp-type any',
  '-p udp -m udp',
];

const IN_MATCHES = ['-i eth0', '! -i eth1', '-i cali+'];
const OUT_MATCHES = ['-o eth1', '! -o eth0', '-o cali+'];

const HOOKS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  raw: [
    '-j CT --notrack',
    '-j MARK --set-xmark 0x1/0x3',
    '-j DROP',
    '-j ACCEPT',
    '-j RETURN',
    '-j CT --ctevents new',
    '-j CT --zone 1',
    '-j CT --zone-orig 1',
    '-j CT --zone-reply 2',
    '-j CT --zone mark',
  ],
  mangle: [
    '-j MARK --set-xmark 0x2/0xf',
    '-j MARK --set-xmark 0x1/0x0',
    '-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf',
    '-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf',
    '-j CONNMARK --set-xmark 0x3/0xf',
    '-j DSCP --set-dscp 0x2e',
    '-j TOS --set-tos 0x08/0x3f',
    '-j SET --map-set marks src --map-mark',
    '-j SET --map-set marks dst --map-mark',
    '-j TTL --ttl-set 65',
    '-j TTL --ttl-dec 1',
    '-j ACCEPT',
    '-j DROP',
    '-j RETURN',
    '',
    '-j LOG',
    '-j NFLOG --nflog-group 9',
  ],
  filter: [
    '-j ACCEPT',
    '-j DROP',
    '-j REJECT --reject-with icmp-port-unreachable',
    '-j REJECT --reject-with icmp-admin-prohibited',
    '-j RETURN',
    '-j MARK --set-xmark 0x4/0x4',
    '',
    '-j LOG',
  ],
};

const NAT: Readonly<Record<string, readonly string[]>> = {
  PREROUTING: [
    '-j REDIRECT',
    '-p tcp -j REDIRECT --to-ports 8080',
    '-j DNAT --to-destination 203.0.113.10',
    '-p tcp -j DNAT --to-destination 203.0.113.11:8443',
    '-p tcp -j DNAT --to-destination 203.0.113.10:2000-2002',
    '-d 10.96.0.0/16 -j NETMAP --to 203.0.0.0/16',
    '-j ACCEPT',
    '-j MARK --set-xmark 0x2/0x2',
    '-j RETURN',
  ],
  OUTPUT: [
    '-p udp -j REDIRECT --to-ports 5353',
    '-d 10.96.0.0/16 -j DNAT --to-destination 203.0.113.10',
    '-j ACCEPT',
  ],
  INPUT: ['-j SNAT --to-source 192.0.2.99', '-j ACCEPT'],
  POSTROUTING: [
    '-j MASQUERADE',
    '-j SNAT --to-source 198.51.100.77',
    '-j NETMAP --to 10.9.9.0/24',
    '-p tcp -j SNAT --to-source 198.51.100.77:5000-5000',
    '-j ACCEPT',
    '-j RETURN',
  ],
};

/** Rules of every table with matches and targets of hosts, as iptables-save prints them, whose effect on a packet can be known. */
export function randomForeignRules(random: Random): {
  readonly rules: string;
  readonly sets: string;
} {
  const tables = Object.keys(HOOKS).filter(() => random.pick([0, 1, 1]) === 1);
  return { rules: `${tables.map((table) => tableText(table, random)).join('\n')}\n`, sets: SETS };
}

function tableText(table: string, random: Random): string {
  const hooks = HOOKS[table] ?? [];
  const users = table === 'nat' ? [] : ['one', 'two'];
  const lines = [`*${table}`];
  for (const hook of hooks) {
    const drops = table === 'filter' && random.pick([0, 0, 1]) === 1;
    lines.push(`:${hook} ${drops ? 'DROP' : 'ACCEPT'} [0:0]`);
  }
  for (const user of users) lines.push(`:${user} - [0:0]`);
  for (const hook of hooks) {
    for (let i = random.pick([0, 1, 2, 4]); i > 0; i--)
      lines.push(ruleText(table, hook, users, random));
  }
  for (const [at, user] of users.entries()) {
    for (let i = random.pick([1, 2, 3]); i > 0; i--)
      lines.push(ruleText(table, user, users.slice(at + 1), random));
  }
  return [...lines, 'COMMIT'].join('\n');
}

function ruleText(
  table: string,
  chain: string,
  callees: readonly string[],
  random: Random,
): string {
  const matches: string[] = [];
  const sided = /^(?:PREROUTING|INPUT|FORWARD)$/.test(chain) ? IN_MATCHES : [];
  const out = /^(?:OUTPUT|FORWARD|POSTROUTING)$/.test(chain) ? OUT_MATCHES : [];
  const call = callees.length > 0 && random.pick([0, 0, 1]) === 1;
  const target = call
    ? `${random.pick(['-j', '-j', '-g'])} ${random.pick(callees)}`
    : random.pick(table === 'nat' ? (NAT[chain] ?? []) : (TARGETS[table] ?? []));
  const isOwnProtocol = target.startsWith('-p') || target.startsWith('-d');
  if (!isOwnProtocol && random.pick([0, 1]) === 1) matches.push(random.pick(PORT_MATCHES));
  const usable = ANY_MATCHES.filter((one) =>
    matches.length === 0 && !isOwnProtocol ? true : one.startsWith('-m'),
  );
  if (random.pick([0, 1, 1]) === 1) matches.push(random.pick([...usable, ...sided, ...out]));
  // The restore tools want the head of a rule first.
  const words = [...matches, target].filter((part) => part !== '');
  return `-A ${chain} ${words.join(' ')}`.trimEnd();
}
