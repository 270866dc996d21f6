import { describeFacts, type FactPacket, type FactRow } from '../support/facts.ts';

// What ip6tables asks for and does, as hosts' own rules have it: kernel and simulation say the same (docs/fidelity.md, sections 2, 4 and 6).

const HOST = '2001:db8:0:2::10';
const BEHIND = '2001:db8:0:100::9';
const TCP = `tcp [${HOST}]:1000 -> [${BEHIND}]:80 in=eth0`;
const UDP = `udp [${HOST}]:1000 -> [${BEHIND}]:80 in=eth0`;
const PING = `icmpv6 ${HOST} -> ${BEHIND} type=128 in=eth0`;
const YES = 'accept eth1';
const NO = 'drop at=forward';

/** FORWARD drops but for what the matches take. */
function row(match: string, ...packets: readonly FactPacket[]): FactRow {
  return {
    row: match,
    rules6: `*filter\n:FORWARD DROP [0:0]\n-A FORWARD ${match} -j ACCEPT\nCOMMIT`,
    sets: SETS,
    packets,
  };
}

const SETS = `create nets6 hash:net family inet6
add nets6 2001:db8:0:2::/64
add nets6 2001:db8:0:2::8/125 nomatch
create ports6 hash:ip,port family inet6
add ports6 ${BEHIND},tcp:80
add ports6 ${BEHIND},ipv6-icmp:128/0
create links6 hash:net,iface family inet6
add links6 2001:db8:0:2::/64,eth0`;

describeFacts('header matches of IPv6', [
  row(
    '-p ipv6-icmp -m icmp6 --icmpv6-type 128',
    [PING, YES],
    [`${PING.replace('128', '129')}`, NO],
  ),
  row('-p ipv6-icmp -m icmp6 ! --icmpv6-type 128/0', [PING, NO], [PING.replace('128', '139'), YES]),
  row('-p ipv6-icmp', [PING, YES], [TCP, NO]),
  row('-m hl --hl-eq 63', [TCP, YES], [`${TCP} ttl=63`, NO]),
  row('-m hl --hl-lt 10', [`${TCP} ttl=10`, YES], [`${TCP} ttl=11`, NO]),
  row('-m hl ! --hl-eq 63', [TCP, NO], [`${TCP} ttl=9`, YES]),
  row('-m rt --rt-type 0', [TCP, NO]),
  row('-m rt ! --rt-type 0', [TCP, NO], [PING, NO]),
  row('-m frag --fragfirst', [TCP, NO]),
  row('-m hbh', [TCP, NO]),
  row('-m dst', [UDP, NO]),
  row('-m ah', [TCP, NO]),
  row('-m ipv6header --header prot', [TCP, YES], [PING, YES]),
  row('-m ipv6header ! --header prot', [TCP, NO]),
  row('-m ipv6header --header none', [TCP, NO]),
  row('-m ipv6header --header frag --soft', [TCP, NO]),
  row('-m ipv6header ! --header frag --soft', [TCP, YES]),
  row('-m ipv6header --header prot --soft', [TCP, YES]),
  row(
    '-m iprange --src-range 2001:db8:0:2::9-2001:db8:0:2::11',
    [TCP, YES],
    [TCP.replace('::10', '::12'), NO],
  ),
  row('-m iprange ! --dst-range 2001:db8:0:100::-2001:db8:0:100::8', [TCP, YES]),
  row('-m addrtype --dst-type UNICAST', [TCP, YES]),
  row('-m addrtype ! --dst-type LOCAL', [TCP, YES]),
  row('-m length --length 60', [TCP, YES], [`${TCP} length=61`, NO]),
  row('-m tos --tos 0x10/0x3f', [`${TCP} tos=0x50`, YES], [TCP, NO]),
  row('-m dscp --dscp 0x2e', [`${TCP} tos=0xb8`, YES], [TCP, NO]),
  row('-p udp -m multiport --ports 80,81', [UDP, YES], [UDP.replace(':80', ':82'), NO]),
  row('-s 2001:db8::10/ffff:ffff::ffff', [TCP, YES], [TCP.replace('::10', '::11'), NO]),
  row('-m set --match-set nets6 src', [TCP, YES], [TCP.replace('::10', '::9'), NO]),
  row('-m set ! --match-set nets6 src', [TCP, NO], [TCP.replace('::10', '::9'), YES]),
  row(
    '-m set --match-set nets6 src --return-nomatch',
    [TCP, NO],
    [TCP.replace('::10', '::9'), YES],
  ),
  row('-m set --match-set ports6 dst,dst', [TCP, YES], [UDP, NO], [PING, YES]),
  row('-m set --match-set links6 src,src', [TCP, YES], [TCP.replace('eth0', 'eth1'), NO]),
  row('-m conntrack --ctproto 58', [PING, YES], [TCP, NO]),
  row('-m conntrack --ctorigdst 2001:db8:0:100::/64', [TCP, YES]),
  row('-m nfacct --nfacct-name seen', [TCP, YES]),
]);

const REJECTS = [
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
  'icmp6-policy-fail',
  'icmp6-reject-route',
];

/** One rule that rejects at a hook. */
function rejecting(chain: string, rule: string, ...packets: readonly FactPacket[]): FactRow {
  return {
    row: `${chain} ${rule}`,
    rules6: `*filter\n-A ${chain} ${rule}\nCOMMIT`,
    sets: '',
    packets,
  };
}

describeFacts('REJECT of IPv6', [
  ...REJECTS.map((type) =>
    rejecting(
      'FORWARD',
      `-j REJECT --reject-with ${type}`,
      [TCP, 'reject at=forward'],
      [PING, 'reject at=forward'],
      // ICMPv6 errors are not answered.
      [`icmpv6 ${HOST} -> ${BEHIND} type=1 in=eth0`, 'drop at=forward'],
    ),
  ),
  rejecting('INPUT', '-p tcp -j REJECT --reject-with tcp-reset', [
    `tcp [${HOST}]:1000 -> [2001:db8:0:2::1]:80 in=eth0`,
    'reject at=input',
  ]),
  rejecting('OUTPUT', '-p udp -j REJECT', [
    `udp [2001:db8:0:2::1]:1000 -> [${HOST}]:80 in=local`,
    'reject at=output',
  ]),
  rejecting(
    'FORWARD',
    '-j REJECT',
    // The link-local way back is there, whatever the Host document tells of it; fe80:: is nobody's own, and beyond fe80::/64 other routes of the link count.
    [`udp [fe80::9]:1000 -> [${BEHIND}]:80 in=eth1`, 'reject at=forward'],
    [`udp [fe80::]:1000 -> [${BEHIND}]:80 in=eth1`, 'drop at=forward'],
    [`udp [febf::9]:1000 -> [${BEHIND}]:80 in=eth1`, 'reject at=forward'],
  ),
  {
    row: 'a link-local source that would leave its link is answered, but for an anycast one',
    sets: '',
    rules6: '',
    packets: [
      [`udp [fe80::9]:1000 -> [${BEHIND}]:80 in=eth0`, 'reject'],
      [`udp [fe80::]:1000 -> [${BEHIND}]:80 in=eth0`, 'drop'],
    ],
  },
]);

const nat = (chain: string, rule: string): string => `*nat\n-A ${chain} ${rule}\nCOMMIT`;

describeFacts('translation of IPv6', [
  {
    row: 'DNAT with an address and a port',
    sets: '',
    rules6: nat('PREROUTING', `-p tcp -j DNAT --to-destination [2001:db8:0:100::77]:8080`),
    packets: [[TCP, 'accept eth1 dst=2001:db8:0:100::77 dport=8080']],
  },
  {
    row: 'DNAT with a port alone',
    sets: '',
    rules6: nat('PREROUTING', '-p tcp -j DNAT --to-destination :8080'),
    packets: [[TCP, `accept eth1 dst=${BEHIND} dport=8080`]],
  },
  {
    row: 'MASQUERADE',
    sets: '',
    rules6: nat('POSTROUTING', '-o eth1 -j MASQUERADE'),
    packets: [
      [TCP, 'accept eth1 src=2001:db8:0:100::1 sport=1000'],
      [PING, 'accept eth1 src=2001:db8:0:100::1'],
    ],
  },
  {
    row: 'SNAT to one address',
    sets: '',
    rules6: nat('POSTROUTING', '-o eth1 -j SNAT --to-source 2001:db8:0:100::5'),
    packets: [[UDP, 'accept eth1 src=2001:db8:0:100::5 sport=1000']],
  },
  {
    row: 'NETMAP of destinations',
    sets: '',
    rules6: nat('PREROUTING', '-d 2001:db8:99::/64 -j NETMAP --to 2001:db8:0:100::/64'),
    packets: [[TCP.replace(BEHIND, '2001:db8:99::9'), `accept eth1 dst=${BEHIND}`]],
  },
  {
    row: 'HL set, raised and lowered',
    sets: '',
    rules6: `*mangle\n-A PREROUTING -p tcp -j HL --hl-set 1\n-A PREROUTING -p udp -j HL --hl-inc 5\nCOMMIT`,
    packets: [
      [TCP, 'reject'],
      [`${UDP} ttl=1`, YES],
    ],
  },
  {
    row: 'GRE too short for a header of version 1 cannot be translated, and is lost',
    sets: '',
    rules: nat('POSTROUTING', '-o eth1 -j MASQUERADE'),
    packets: [
      ['47 192.0.2.10 -> 198.51.100.9 in=eth0 length=27', 'drop'],
      ['47 192.0.2.10 -> 198.51.100.9 in=eth0 length=28', 'accept eth1 src=198.51.100.1'],
    ],
  },
]);
