import { describe, expect, test } from 'vitest';
import type { IpFamily } from '../../src/address/ip-address.ts';
import type { Match } from '../../src/ruleset/match/match.ts';
import { renderRule } from '../../src/ruleset/render-ruleset.ts';
import type { Rule } from '../../src/ruleset/ruleset.ts';
import type { Target } from '../../src/ruleset/target/target.ts';
import { ruleContext, validateRule } from '../../src/ruleset/validate-rule.ts';
import { address, cidr } from '../support/documents.ts';

function rule(matches: readonly Match[], target?: Target, comment?: string): Rule {
  return { matches, target, comment, origin: undefined, meaning: undefined, placement: 'append' };
}

const tcp: Match = { kind: 'protocol', protocol: 6, negated: false };
const udp: Match = { kind: 'protocol', protocol: 17, negated: false };
const icmp: Match = { kind: 'protocol', protocol: 1, negated: false };
const icmpv6: Match = { kind: 'protocol', protocol: 58, negated: false };
const accept: Target = { kind: 'accept' };

/** The right side is what iptables-save 1.8.9 printed for rules given to iptables in other spellings. */
const SAVED: readonly [string, Rule, IpFamily][] = [
  [
    '-s 10.0.0.0/8 -p udp -m udp --sport 53 -j ACCEPT',
    rule(
      [
        udp,
        { kind: 'ports', side: 'source', range: { first: 53, last: 53 }, negated: false },
        { kind: 'address', side: 'source', cidr: cidr('10.0.0.0/8'), negated: false },
      ],
      accept,
    ),
    4,
  ],
  [
    '-p udp -m multiport --dports 53,100:200 -m set --match-set s4 src -m set ! --match-set p4 dst,dst -j DROP',
    rule(
      [
        udp,
        {
          kind: 'multiport',
          side: 'destination',
          ranges: [
            { first: 53, last: 53 },
            { first: 100, last: 200 },
          ],
          negated: false,
        },
        { kind: 'set', set: 's4', directions: ['src'], negated: false },
        { kind: 'set', set: 'p4', directions: ['dst', 'dst'], negated: true },
      ],
      { kind: 'drop' },
    ),
    4,
  ],
  [
    `-m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "it\\'s: x" -j ACCEPT`,
    rule(
      [{ kind: 'conntrack-state', states: ['ESTABLISHED', 'RELATED'], negated: false }],
      accept,
      "it's: x",
    ),
    4,
  ],
  [
    '-p icmp -m icmp --icmp-type 8 -j LOG --log-prefix "calico-packet: " --log-level 5',
    rule([icmp, { kind: 'icmp', type: 8, code: undefined, negated: false }], {
      kind: 'log',
      prefix: 'calico-packet: ',
      level: 5,
    }),
    4,
  ],
  [
    '-p icmp -m icmp ! --icmp-type 8/3 -j REJECT --reject-with icmp-port-unreachable',
    rule([icmp, { kind: 'icmp', type: 8, code: 3, negated: true }], {
      kind: 'reject',
      with: 'icmp-port-unreachable',
    }),
    4,
  ],
  [
    '! -s 1.2.3.4/32 ! -i cali+ -o eth0 ! -p tcp',
    rule([
      { kind: 'protocol', protocol: 6, negated: true },
      { kind: 'interface', direction: 'out', name: 'eth0', prefix: false, negated: false },
      { kind: 'interface', direction: 'in', name: 'cali', prefix: true, negated: true },
      { kind: 'address', side: 'source', cidr: cidr('1.2.3.4'), negated: true },
    ]),
    4,
  ],
  [
    '-m mark --mark 0x10000/0x10000 -j MARK --set-xmark 0x0/0xf0000',
    rule([{ kind: 'mark', value: 0x10000, mask: 0x10000, negated: false }], {
      kind: 'mark',
      value: 0,
      mask: 0xf0000,
    }),
    4,
  ],
  [
    '-m mark ! --mark 0x0/0x10000 -j MARK --set-xmark 0x30000/0xf0000',
    rule([{ kind: 'mark', value: 0, mask: 0x10000, negated: true }], {
      kind: 'mark',
      value: 0x30000,
      mask: 0xf0000,
    }),
    4,
  ],
  [
    '-p tcp -m multiport ! --sports 53,60 -m mark --mark 0x1 -j RETURN',
    rule(
      [
        tcp,
        {
          kind: 'multiport',
          side: 'source',
          ranges: [
            { first: 53, last: 53 },
            { first: 60, last: 60 },
          ],
          negated: true,
        },
        { kind: 'mark', value: 1, mask: 0xffffffff, negated: false },
      ],
      { kind: 'return' },
    ),
    4,
  ],
  [
    '-m addrtype --dst-type LOCAL -g bar',
    rule([{ kind: 'address-type', side: 'destination', type: 'LOCAL', negated: false }], {
      kind: 'goto',
      chain: 'bar',
    }),
    4,
  ],
  [
    '-m limit --limit 10/min -j LOG',
    rule([{ kind: 'limit', rate: '10/min', burst: 5 }], { kind: 'log', prefix: '', level: 4 }),
    4,
  ],
  [
    '-m statistic --mode random --probability 0.33332999982',
    rule([{ kind: 'statistic', probability: 0.33333 }]),
    4,
  ],
  [
    '-m recent --rcheck --seconds 10 --name X --mask 255.255.255.255 --rsource',
    rule([{ kind: 'recent', mode: 'rcheck', name: 'X', seconds: 10 }]),
    4,
  ],
  [
    '-m comment --comment "hep:abc plain words \\"q\\" back\\\\slash"',
    rule([], undefined, 'hep:abc plain words "q" back\\slash'),
    4,
  ],
  ['-m comment --comment abc', rule([], undefined, 'abc'), 4],
  [
    '-j DROP',
    rule([{ kind: 'address', side: 'source', cidr: cidr('0.0.0.0/0'), negated: false }], {
      kind: 'drop',
    }),
    4,
  ],
  [
    '-j DROP',
    rule([{ kind: 'interface', direction: 'in', name: '', prefix: true, negated: false }], {
      kind: 'drop',
    }),
    4,
  ],
  ['-j CT --notrack', rule([], { kind: 'notrack' }), 4],
  [
    '-m rpfilter --validmark --invert -j DROP',
    rule([{ kind: 'rpfilter', validMark: true, negated: true }], { kind: 'drop' }),
    4,
  ],
  [
    '-d 1.2.3.4/32 -j DNAT --to-destination 10.0.0.1',
    rule([{ kind: 'address', side: 'destination', cidr: cidr('1.2.3.4'), negated: false }], {
      kind: 'dnat',
      address: address('10.0.0.1'),
      port: undefined,
    }),
    4,
  ],
  [
    '-p tcp -j DNAT --to-destination 10.0.0.1:80',
    rule([tcp], { kind: 'dnat', address: address('10.0.0.1'), port: 80 }),
    4,
  ],
  ['-j MASQUERADE --random-fully', rule([], { kind: 'masquerade', randomFully: true }), 4],
  [
    '-p ipv6-icmp -m icmp6 --icmpv6-type 128/0 -m set --match-set s6 src',
    rule([
      icmpv6,
      { kind: 'icmp', type: 128, code: 0, negated: false },
      { kind: 'set', set: 's6', directions: ['src'], negated: false },
    ]),
    6,
  ],
  [
    '-s ::ffff:1.2.3.4/128 -p ipv6-icmp -j REJECT --reject-with icmp6-port-unreachable',
    rule(
      [icmpv6, { kind: 'address', side: 'source', cidr: cidr('::ffff:1.2.3.4'), negated: false }],
      {
        kind: 'reject',
        with: 'icmp6-port-unreachable',
      },
    ),
    6,
  ],
  [
    '-s 1:0:0:2::3/128 -j ACCEPT',
    rule(
      [{ kind: 'address', side: 'source', cidr: cidr('1:0:0:2:0:0:0:3'), negated: false }],
      accept,
    ),
    6,
  ],
  [
    '-p tcp -j DNAT --to-destination [2001:db8::1]:80',
    rule([tcp], { kind: 'dnat', address: address('2001:db8::1'), port: 80 }),
    6,
  ],
];

describe('a rule is written as iptables-save writes it', () => {
  test.each(SAVED)('%s', (text, written, family) => {
    expect(validateRule(written, ruleContext(written, family, undefined))).toBeUndefined();
    expect(renderRule(written, family)).toBe(text);
  });
});

const port = (first: number, last = first) => ({ first, last });
const sixteen = Array.from({ length: 16 }, (_, i) => port(i + 1));

/** What the tools refuse, or take to mean something else. Source: `netfilter-facts` 2.1, 6 and 7. */
const REFUSED: readonly [string, Rule, IpFamily, 'raw' | 'nat' | 'filter'][] = [
  [
    'a rule with two sources',
    rule(
      ['10.0.0.0/8', '10.1.0.0/16'].map((net) => ({
        kind: 'address',
        side: 'source',
        cidr: cidr(net),
        negated: false,
      })),
    ),
    4,
    'filter',
  ],
  [
    'an address of the other family',
    rule([{ kind: 'address', side: 'source', cidr: cidr('fd00::/8'), negated: false }]),
    4,
    'filter',
  ],
  [
    'everything but every address, which the nft build refuses',
    rule([{ kind: 'address', side: 'source', cidr: cidr('0.0.0.0/0'), negated: true }]),
    4,
    'filter',
  ],
  [
    'everything but every interface, which the legacy build saves as every one',
    rule([{ kind: 'interface', direction: 'in', name: '', prefix: true, negated: true }]),
    4,
    'filter',
  ],
  [
    'all ports, which are saved as none',
    rule([tcp, { kind: 'ports', side: 'destination', range: port(0, 65535), negated: false }]),
    4,
    'filter',
  ],
  [
    'ports but those from 0 on, which the nft build saves as the others',
    rule([tcp, { kind: 'ports', side: 'destination', range: port(0, 1000), negated: true }]),
    4,
    'filter',
  ],
  [
    'ports without a protocol',
    rule([{ kind: 'multiport', side: 'source', ranges: [port(1)], negated: false }]),
    4,
    'filter',
  ],
  [
    'ports of every protocol but one',
    rule([
      { kind: 'protocol', protocol: 6, negated: true },
      { kind: 'multiport', side: 'source', ranges: [port(1)], negated: false },
    ]),
    4,
    'filter',
  ],
  [
    'sixteen ports in one match',
    rule([tcp, { kind: 'multiport', side: 'source', ranges: sixteen, negated: false }]),
    4,
    'filter',
  ],
  [
    'eight ranges of ports in one match',
    rule([
      tcp,
      {
        kind: 'multiport',
        side: 'source',
        ranges: sixteen.slice(0, 8).map(({ first }) => port(first * 10, first * 10 + 1)),
        negated: false,
      },
    ]),
    4,
    'filter',
  ],
  [
    'an ICMP type without ICMP',
    rule([{ kind: 'icmp', type: 8, code: undefined, negated: false }]),
    4,
    'filter',
  ],
  [
    'the ICMP type that iptables takes for every type',
    rule([icmp, { kind: 'icmp', type: 255, code: undefined, negated: false }]),
    4,
    'filter',
  ],
  [
    'protocol 0, which is every protocol',
    rule([{ kind: 'protocol', protocol: 0, negated: false }]),
    4,
    'filter',
  ],
  [
    'an interface name with a wildcard in it',
    rule([{ kind: 'interface', direction: 'in', name: 'eth+', prefix: false, negated: false }]),
    4,
    'filter',
  ],
  [
    'an interface name with a line break',
    rule([{ kind: 'interface', direction: 'in', name: 'a\nb', prefix: false, negated: false }]),
    4,
    'filter',
  ],
  [
    'a set name of 32 bytes',
    rule([{ kind: 'set', set: 'x'.repeat(32), directions: ['src'], negated: false }]),
    4,
    'filter',
  ],
  [
    'a set name with a blank',
    rule([{ kind: 'set', set: 'a b', directions: ['src'], negated: false }]),
    4,
    'filter',
  ],
  ['a chain name of 29 bytes', rule([], { kind: 'jump', chain: 'x'.repeat(29) }), 4, 'filter'],
  ['a chain name that starts with a dash', rule([], { kind: 'jump', chain: '-x' }), 4, 'filter'],
  ['a chain named as a target', rule([], { kind: 'goto', chain: 'ACCEPT' }), 4, 'filter'],
  ['a comment of 256 bytes', rule([], accept, 'x'.repeat(256)), 4, 'filter'],
  ['a comment with a line break', rule([], accept, 'a\nCOMMIT'), 4, 'filter'],
  ['a comment beyond ASCII', rule([], accept, 'é'), 4, 'filter'],
  [
    'a log prefix of 30 bytes',
    rule([], { kind: 'log', prefix: 'x'.repeat(30), level: 5 }),
    4,
    'filter',
  ],
  ['REJECT outside filter', rule([], { kind: 'reject', with: 'icmp-port-unreachable' }), 4, 'raw'],
  [
    "the other family's answer",
    rule([], { kind: 'reject', with: 'icmp6-port-unreachable' }),
    4,
    'filter',
  ],
  ['a reset without tcp', rule([], { kind: 'reject', with: 'tcp-reset' }), 4, 'filter'],
  ['NOTRACK outside raw', rule([], { kind: 'notrack' }), 4, 'filter'],
  ['DROP in nat', rule([], { kind: 'drop' }), 4, 'nat'],
  [
    'rpfilter in filter',
    rule([{ kind: 'rpfilter', validMark: true, negated: true }], { kind: 'drop' }),
    4,
    'filter',
  ],
  [
    'DNAT outside nat',
    rule([], { kind: 'dnat', address: address('10.0.0.1'), port: undefined }),
    4,
    'filter',
  ],
  [
    'a port to translate to without a protocol',
    rule([], { kind: 'dnat', address: address('10.0.0.1'), port: 80 }),
    4,
    'nat',
  ],
  ['rules that are not known', rule([], { kind: 'opaque', description: 'KUBE-IPVS' }), 4, 'filter'],
];

describe('a rule is refused for', () => {
  test.each(REFUSED)('%s', (_what, refused, family, table) => {
    expect(validateRule(refused, ruleContext(refused, family, table))).toBeTypeOf('string');
  });
});
