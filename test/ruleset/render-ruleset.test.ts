import { expect, test } from 'vitest';
import type { IpSet } from '../../src/ruleset/ip-set.ts';
import { renderIpsets, renderIptables } from '../../src/ruleset/render-ruleset.ts';
import type { Rule, Ruleset } from '../../src/ruleset/ruleset.ts';
import type { Target } from '../../src/ruleset/target/target.ts';
import { address, cidr } from '../support/documents.ts';

function to(target: Target, placement: Rule['placement'] = 'append'): Rule {
  return {
    matches: [],
    target,
    comment: undefined,
    origin: undefined,
    meaning: undefined,
    placement,
  };
}

function filter(rules: readonly Rule[], policy?: 'accept' | 'drop'): Ruleset {
  return {
    family: 4,
    tables: [
      {
        name: 'filter',
        chains: [
          { kind: 'base', name: 'INPUT', hook: 'input', policy, rules },
          { kind: 'user', name: 'own', rules: [to({ kind: 'drop' })], owner: undefined },
        ],
      },
    ],
    ipSets: [],
  };
}

function withSet(set: Partial<IpSet>): Ruleset {
  const whole: IpSet = {
    name: 's',
    type: 'hash:net',
    family: 4,
    members: [],
    description: undefined,
    ...set,
  };
  return { family: 4, tables: [], ipSets: [whole] };
}

test('inserted rules keep their order in front of the host’s own, and its policy stays', () => {
  const jump: Target = { kind: 'jump', chain: 'own' };
  const ruleset = filter([
    to(jump, 'insert'),
    to({ kind: 'accept' }, 'insert'),
    to({ kind: 'drop' }),
  ]);
  expect(renderIptables(ruleset)).toBe(
    [
      '*filter',
      ':own - [0:0]',
      '-I INPUT 1 -j own',
      '-I INPUT 2 -j ACCEPT',
      '-A INPUT -j DROP',
      '-A own -j DROP',
      'COMMIT',
      '',
    ].join('\n'),
  );
});

test('a chain’s policy is written where the ruleset has one', () => {
  expect(renderIptables(filter([], 'drop'))).toContain('\n:INPUT DROP [0:0]\n');
});

test('a jump to a chain that does not exist is not written', () => {
  expect(() => renderIptables(filter([to({ kind: 'jump', chain: 'other' })]))).toThrow(
    'table filter, chain INPUT, rule 1: chain other does not exist',
  );
});

test('a match on a set that does not exist is not written', () => {
  const match = { kind: 'set', set: 'nowhere', directions: ['src'], negated: false } as const;
  const rule: Rule = { ...to({ kind: 'drop' }), matches: [match] };
  expect(() => renderIptables(filter([rule]))).toThrow('set nowhere does not exist');
});

test('two chains of one name are not written', () => {
  const ruleset = filter([]);
  const [table] = ruleset.tables;
  const chains = [...(table?.chains ?? []), ...(table?.chains ?? [])];
  expect(() => renderIptables({ ...ruleset, tables: [{ name: 'filter', chains }] })).toThrow(
    'chain own of table filter is defined twice',
  );
});

test('sets are written with room for their members, each once', () => {
  const members = ['10.0.0.0/8', '192.0.2.1', '192.0.2.1'].map(
    (net) => ({ kind: 'net', cidr: cidr(net) }) as const,
  );
  expect(renderIpsets([withSet({ members })])).toBe(
    [
      'create s hash:net family inet hashsize 1024 maxelem 65536',
      'add s 10.0.0.0/8',
      'add s 192.0.2.1',
      '',
    ].join('\n'),
  );
});

test('a set of more members than ipset’s default says so', () => {
  const members = Array.from({ length: 70_000 }, (_, i) => ({
    kind: 'net' as const,
    cidr: cidr(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  }));
  expect(renderIpsets([withSet({ members })])).toMatch(/ maxelem 131072\n/);
});

test('addresses with ports are written with their protocol', () => {
  const members = [
    { kind: 'address-port', address: address('10.0.0.1'), protocol: 6, port: 80 },
    { kind: 'address-port', address: address('10.0.0.1'), protocol: 132, port: 80 },
  ] as const;
  expect(renderIpsets([withSet({ type: 'hash:ip,port', members })])).toContain(
    'add s 10.0.0.1,tcp:80\nadd s 10.0.0.1,sctp:80\n',
  );
});

test.each<[string, Partial<IpSet>]>([
  ['a name of 32 bytes', { name: 'x'.repeat(32) }],
  ['a name with a line break', { name: 'a\nb' }],
  ['a block of every address', { members: [{ kind: 'net', cidr: cidr('0.0.0.0/0') }] }],
  ['a member of the other family', { members: [{ kind: 'net', cidr: cidr('fd00::/8') }] }],
  [
    'a member of another type',
    { type: 'hash:ip,port', members: [{ kind: 'net', cidr: cidr('10.0.0.1') }] },
  ],
])('a set with %s is not written', (_what, set) => {
  expect(() => renderIpsets([withSet(set)])).toThrow(/^set /);
});
