import { expect, test } from 'vitest';
import { mergeRulesets } from '../../src/ruleset/merge-rulesets.ts';
import { renderRule } from '../../src/ruleset/render-ruleset.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { rules } from '../support/rules.ts';

/** The test's rules are appended ones; the rules to drop here stand for those that go first. */
function ours(text: string): Ruleset {
  const ruleset = rules(text);
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => ({
          ...rule,
          placement: rule.target?.kind === 'jump' ? ('insert' as const) : ('append' as const),
        })),
      })),
    })),
  };
}

function chainText(ruleset: Ruleset, name: string): string[] {
  const chains = ruleset.tables.flatMap((table) => table.chains);
  return (chains.find((chain) => chain.name === name)?.rules ?? []).map((rule) =>
    renderRule(rule, 4),
  );
}

test('our first rules come before the host’s own and our last ones behind', () => {
  const merged = mergeRulesets(
    ours(
      '*filter\n:FORWARD ACCEPT [0:0]\n:hep-F - [0:0]\n-A FORWARD -j hep-F\n-A FORWARD -j ACCEPT\n-A hep-F -j RETURN\nCOMMIT',
    ),
    rules(
      '*filter\n:FORWARD DROP [0:0]\n:docker - [0:0]\n-A FORWARD -i docker0 -j docker\n-A docker -j DROP\nCOMMIT',
    ),
  );
  expect(chainText(merged, 'FORWARD')).toEqual(['-j hep-F', '-i docker0 -j docker', '-j ACCEPT']);
  expect(chainText(merged, 'hep-F')).toEqual(['-j RETURN']);
  expect(chainText(merged, 'docker')).toEqual(['-j DROP']);
});

test('a table or hook that only one of them has is kept', () => {
  const merged = mergeRulesets(
    rules('*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DROP\nCOMMIT'),
    rules('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT'),
  );
  expect(merged.tables.map(({ name, chains }) => [name, chains.map((c) => c.name)])).toEqual([
    ['raw', ['PREROUTING']],
    ['filter', ['INPUT']],
  ]);
});

test('the host’s policy stays where we have none', () => {
  const own = rules('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT');
  const without: Ruleset = {
    ...own,
    tables: own.tables.map((t) => ({
      ...t,
      chains: t.chains.map((c) => (c.kind === 'base' ? { ...c, policy: undefined } : c)),
    })),
  };
  const merged = mergeRulesets(without, rules('*filter\n:INPUT DROP [0:0]\nCOMMIT'));
  expect(merged.tables[0]?.chains[0]).toMatchObject({ name: 'INPUT', policy: 'drop' });
});

test('a chain that both have is no merge but a mistake', () => {
  const one = rules('*filter\n:same - [0:0]\n-A same -j DROP\nCOMMIT');
  expect(() => mergeRulesets(one, one)).toThrow(
    'both rulesets have a chain of table filter named same',
  );
});

test('rulesets of two families are refused', () => {
  expect(() => mergeRulesets(rules('', 4), rules('', 6))).toThrow('two families');
});
