import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/compile/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import type { TableName } from '../../src/ruleset/hook.ts';
import { mergeRulesets } from '../../src/ruleset/merge-rulesets.ts';
import { renderIpsets, renderIptables } from '../../src/ruleset/render-ruleset.ts';
import type { Rule, Ruleset } from '../../src/ruleset/ruleset.ts';
import {
  hostEndpoint,
  networkSet,
  policy,
  profile,
  rule,
  tier,
  workload,
} from '../support/documents.ts';
import { packetFlow } from '../support/flows.ts';
import { randomDocuments, resolveTestNode } from '../support/random-documents.ts';
import { resolvedNode } from '../support/resolved.ts';
import { rules } from '../support/rules.ts';
import { run, simulator } from '../support/simulations.ts';

const VERSIONS: readonly CalicoVersion[] = ['2.6', '3.9', '3.32'];

const OUTSIDE = hostEndpoint('outside', { interfaceName: 'eth0' });

function compiled(
  documents: Partial<ResourceSet>,
  version: CalicoVersion = '3.32',
  environment: Readonly<Record<string, string>> = {},
): Ruleset {
  return compilePolicy(resolvedNode(version, documents, environment), 4);
}

function chainNames(ruleset: Ruleset, table: TableName): readonly string[] {
  return (ruleset.tables.find(({ name }) => name === table)?.chains ?? []).map((c) => c.name);
}

function chainRules(ruleset: Ruleset, table: TableName, chain: string): readonly Rule[] {
  const chains = ruleset.tables.find(({ name }) => name === table)?.chains ?? [];
  const found = chains.find(({ name }) => name === chain);
  if (found === undefined) throw new Error(`no chain ${chain} in ${table}`);
  return found.rules;
}

function allRules(ruleset: Ruleset): readonly Rule[] {
  return ruleset.tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

function text(ruleset: Ruleset): string {
  return renderIptables(ruleset) + renderIpsets([ruleset]);
}

describe('the same documents', () => {
  test.each(VERSIONS)('give the same bytes in any order, Calico %s', (version) => {
    fc.assert(
      fc.property(randomDocuments(version), (documents) => {
        const reversed: ResourceSet = {
          ...documents,
          hostEndpoints: [...documents.hostEndpoints].reverse(),
          workloadEndpoints: [...documents.workloadEndpoints].reverse(),
          policies: [...documents.policies].reverse(),
          nodes: [...documents.nodes].reverse(),
        };
        for (const family of [4, 6] as const) {
          const one = text(compilePolicy(resolveTestNode(documents), family));
          expect(text(compilePolicy(resolveTestNode(reversed), family))).toBe(one);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('every ruleset', () => {
  test.each(VERSIONS)(
    'tells its rules apart and says where they come from, Calico %s',
    (version) => {
      fc.assert(
        fc.property(randomDocuments(version), (documents) => {
          const ruleset = compilePolicy(resolveTestNode(documents), 4);
          for (const { chains } of ruleset.tables) {
            const comments = chains.flatMap(({ rules }) =>
              rules.map((r) => r.comment?.split(' ')[0]),
            );
            expect(new Set(comments).size).toBe(comments.length);
            expect(comments.every((comment) => comment?.startsWith('hep:'))).toBe(true);
          }
          for (const { meaning, origin } of allRules(ruleset)) {
            if (meaning?.kind === 'policy' || meaning?.kind === 'profile') {
              expect(origin).toBeDefined();
            }
          }
        }),
        { numRuns: 20 },
      );
    },
  );

  test.each(VERSIONS)(
    'has just the sets and chains that its rules lead to, Calico %s',
    (version) => {
      fc.assert(
        fc.property(randomDocuments(version), (documents) => {
          const ruleset = compilePolicy(resolveTestNode(documents), 4);
          const used = new Set(
            allRules(ruleset).flatMap(({ matches }) =>
              matches.flatMap((match) => (match.kind === 'set' ? [match.set] : [])),
            ),
          );
          expect(ruleset.ipSets.map(({ name }) => name)).toEqual([...used].sort());
          for (const { chains } of ruleset.tables) {
            const called = new Set(
              chains.flatMap(({ rules }) =>
                rules.flatMap(({ target }) =>
                  target?.kind === 'jump' || target?.kind === 'goto' ? [target.chain] : [],
                ),
              ),
            );
            const users = chains.flatMap((chain) => (chain.kind === 'user' ? [chain.name] : []));
            expect(users).toEqual([...called].sort());
          }
        }),
        { numRuns: 20 },
      );
    },
  );
});

describe('a table has chains of a host endpoint', () => {
  test('in raw only with untracked policy, and then failsafes for both directions', () => {
    const without = compiled({ hostEndpoints: [OUTSIDE], policies: [policy('normal')] });
    expect(chainNames(without, 'raw')).not.toContain('hep-fh-eth0');
    expect(chainNames(without, 'raw')).not.toContain('hep-failsafe-in');
    const untracked = policy('fast', {
      doNotTrack: true,
      applyOnForward: true,
      ingress: [rule('allow')],
    });
    const withPolicy = compiled({ hostEndpoints: [OUTSIDE], policies: [untracked] });
    expect(chainNames(withPolicy, 'raw')).toEqual(
      expect.arrayContaining([
        'hep-fh-eth0',
        'hep-th-eth0',
        'hep-failsafe-in',
        'hep-failsafe-out',
        'hep-pi-fast',
      ]),
    );
    expect(chainNames(withPolicy, 'filter')).not.toContain('hep-pi-fast');
  });

  test('in mangle only with pre-DNAT policy', () => {
    const early = policy('early', { preDNAT: true, applyOnForward: true, ingress: [rule('deny')] });
    const plain = compiled({ hostEndpoints: [OUTSIDE] }, '3.9');
    expect(chainNames(plain, 'mangle')).not.toContain('hep-fh-eth0');
    const withPolicy = compiled({ hostEndpoints: [OUTSIDE], policies: [early] }, '3.9');
    expect(chainNames(withPolicy, 'mangle')).toContain('hep-fh-eth0');
    expect(chainNames(withPolicy, 'filter')).not.toContain('hep-pi-early');
  });

  test('for forwarding only where the version has forward policy of its own', () => {
    expect(chainNames(compiled({ hostEndpoints: [OUTSIDE] }, '2.6'), 'filter')).not.toContain(
      'hep-fhfw-eth0',
    );
    expect(chainNames(compiled({ hostEndpoints: [OUTSIDE] }, '3.9'), 'filter')).toContain(
      'hep-fhfw-eth0',
    );
  });

  test('of every interface only as far as the version takes it there', () => {
    const everywhere = hostEndpoint('everywhere', { interfaceName: '*' });
    const early = policy('early', { preDNAT: true, applyOnForward: true, ingress: [rule('deny')] });
    const documents = { hostEndpoints: [everywhere], policies: [early] };
    const any = 'hep-fh-any-interface-at-all';
    expect(chainNames(compiled(documents, '3.9'), 'mangle')).toContain(any);
    expect(chainNames(compiled(documents, '3.9'), 'filter')).not.toContain(any);
    expect(chainNames(compiled(documents, '3.32'), 'filter')).toContain(any);
  });
});

test('a policy has one chain for each direction that is asked, however many endpoints it has', () => {
  const ruleset = compiled({
    hostEndpoints: [OUTSIDE, hostEndpoint('inside', { interfaceName: 'eth1' })],
    policies: [policy('both', { ingress: [rule('allow')], types: ['ingress'] })],
  });
  expect(chainNames(ruleset, 'filter').filter((name) => /-p[io]-/.test(name))).toEqual([
    'hep-pi-both',
  ]);
});

test('chains belong to the endpoint that they judge for, in the words of policy', () => {
  const ruleset = compiled({
    hostEndpoints: [OUTSIDE],
    workloadEndpoints: [workload('pod', { interfaceName: 'cali1' })],
  });
  const owners = Object.fromEntries(
    ruleset.tables
      .filter(({ name }) => name === 'filter')
      .flatMap(({ chains }) => chains)
      .flatMap((c) => (c.kind === 'user' && c.owner !== undefined ? [[c.name, c.owner]] : [])),
  );
  const outside = (type: string, direction: string) => ({ endpoint: 'outside', type, direction });
  expect(owners).toMatchObject({
    'hep-fh-eth0': outside('normal', 'ingress'),
    'hep-th-eth0': outside('normal', 'egress'),
    'hep-fhfw-eth0': outside('forward', 'ingress'),
    'hep-thfw-eth0': outside('forward', 'egress'),
    'hep-fw-cali1': { type: 'workload', direction: 'egress' },
    'hep-tw-cali1': { type: 'workload', direction: 'ingress' },
  });
});

describe('names', () => {
  test('that are long or not plain become hashes, which differ where the names do', () => {
    const names = ['a'.repeat(63), `${'a'.repeat(62)}b`];
    const ruleset = compiled({
      hostEndpoints: [OUTSIDE],
      policies: names.map((name) => policy(name, { ingress: [rule('allow')] })),
    });
    const chains = chainNames(ruleset, 'filter').filter((name) => name.startsWith('hep-pi-'));
    expect(chains).toHaveLength(2);
    for (const name of chains) expect(name).toMatch(/^hep-pi-_[A-Za-z0-9.-]{16}$/);
  });

  test('of policies in tiers do not meet those of the default tier', () => {
    const ruleset = compiled({
      hostEndpoints: [OUTSIDE],
      tiers: [tier('first', 1, 'pass')],
      policies: [
        policy('web', { ingress: [rule('allow')] }),
        policy('web', { tier: 'first', ingress: [rule('pass')] }),
      ],
    });
    expect(chainNames(ruleset, 'filter')).toEqual(
      expect.arrayContaining(['hep-pi-web', 'hep-pi-first_web']),
    );
  });

  test('with anything in them cannot break a line of the restore file', () => {
    const name = 'a\n-F INPUT "$(x)" é';
    const ruleset = compiled({
      hostEndpoints: [hostEndpoint('outside', { interfaceName: 'eth0', profiles: [name] })],
      policies: [policy(name, { ingress: [rule('allow')] })],
      profiles: [profile(name, { egress: [rule('allow')] })],
    });
    for (const line of text(ruleset).split('\n')) expect(line).not.toMatch(/^-F/);
  });
});

test('a set that holds every address is written as its two halves', () => {
  const ruleset = compiled({
    hostEndpoints: [OUTSIDE],
    networkSets: [networkSet('world', { nets: ['0.0.0.0/0'], labels: { role: 'world' } })],
    policies: [
      policy('one', { ingress: [rule('allow', { source: { selector: "role == 'world'" } })] }),
    ],
  });
  expect(
    renderIpsets([ruleset])
      .match(/^add .*$/gm)
      ?.map((line) => line.split(' ')[2]),
  ).toEqual(['0.0.0.0/1', '128.0.0.0/1']);
});

test('5.8: with allow action RETURN, version 2.6 still accepts what a workload allows, and version 3.9 leaves it to the host', () => {
  const verdict = (version: CalicoVersion) => {
    const ours = compiled(
      {
        workloadEndpoints: [workload('pod', { interfaceName: 'cali0', profiles: ['open'] })],
        profiles: [profile('open', { ingress: [rule('allow')] })],
      },
      version,
      { IptablesFilterAllowAction: 'RETURN' },
    );
    const closed = rules('*filter\n:FORWARD DROP');
    const result = run(
      simulator([mergeRulesets(ours, closed)]),
      'tcp 192.0.2.7:40000 -> 203.0.113.10:80 in=eth0',
    );
    return result.verdict;
  };
  expect(verdict('2.6')).toBe('accept');
  expect(verdict('3.9')).toBe('drop');
});

test('where ChainInsertMode is append, our rules go behind the host’s own', () => {
  const placements = (mode: string): readonly string[] =>
    ['INPUT', 'FORWARD', 'OUTPUT'].map(
      (chain) =>
        chainRules(compiled({}, '3.32', { ChainInsertMode: mode }), 'filter', chain)[0]
          ?.placement ?? '',
    );
  expect(placements('insert')).toEqual(['insert', 'insert', 'insert']);
  expect(placements('append')).toEqual(['append', 'append', 'append']);
});

test('a rule that rejects does so in filter, and drops where the kernel cannot reject', () => {
  const untracked = policy('fast', {
    doNotTrack: true,
    applyOnForward: true,
    ingress: [rule('deny')],
  });
  const ruleset = compiled(
    {
      hostEndpoints: [OUTSIDE],
      policies: [untracked, policy('slow', { ingress: [rule('deny')] })],
    },
    '3.32',
    { IptablesFilterDenyAction: 'REJECT' },
  );
  const target = (table: TableName, chain: string) => chainRules(ruleset, table, chain)[0]?.target;
  expect(target('raw', 'hep-pi-fast')).toEqual({ kind: 'drop' });
  expect(target('filter', 'hep-pi-slow')).toEqual({
    kind: 'reject',
    with: 'icmp-port-unreachable',
  });
});

test('5.0: without IPv6 support there are no rules of IPv6', () => {
  const off = resolvedNode(
    '3.9',
    { hostEndpoints: [hostEndpoint('eth0')] },
    { ipv6Support: 'false' },
  );
  expect(compilePolicy(off, 6).tables).toEqual([]);
  expect(compilePolicy(off, 4).tables).not.toEqual([]);
  const packet = packetFlow({ src: '2001:db8::7', dst: '2001:db8::10', in: 'eth0' });
  expect(decide(off, packet).verdict).toBe('unpoliced');
});
