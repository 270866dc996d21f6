import { HOOK_TABLES, type Hook, TABLE_NAMES, type TableName } from './hook.ts';
import type { BaseChain, Rule, Ruleset, Table, UserChain } from './ruleset.ts';

/**
 * One ruleset of ours and the host's own, as the kernel would have them: in base chains our `insert` rules come first, then the host's,
 * then our `append` rules. User chains and sets of both must have different names.
 *
 * @throws Error when the families differ, or when both have a user chain or a set of one name.
 */
export function mergeRulesets(ours: Ruleset, foreign: Ruleset): Ruleset {
  if (ours.family !== foreign.family) throw new Error('rulesets of two families cannot be merged');
  const tables: Table[] = [];
  for (const name of TABLE_NAMES) {
    const chains = mergeChains(name, findTable(ours, name), findTable(foreign, name));
    if (chains.length > 0) tables.push({ name, chains });
  }
  const ipSets = [...ours.ipSets, ...foreign.ipSets];
  refuseTwice(
    ipSets.map((set) => set.name),
    'set',
  );
  return { family: ours.family, tables, ipSets };
}

function mergeChains(name: TableName, ours: Table, foreign: Table): Table['chains'] {
  const bases: BaseChain[] = [];
  for (const hook of Object.keys(HOOK_TABLES) as Hook[]) {
    const merged = mergeBase(findBase(ours, hook), findBase(foreign, hook));
    if (merged !== undefined) bases.push(merged);
  }
  const users = [...userChains(ours), ...userChains(foreign)];
  refuseTwice(
    users.map((chain) => chain.name),
    `chain of table ${name}`,
  );
  return [...bases, ...users];
}

function mergeBase(
  ours: BaseChain | undefined,
  foreign: BaseChain | undefined,
): BaseChain | undefined {
  if (ours === undefined || foreign === undefined) return ours ?? foreign;
  const placed = (placement: Rule['placement']): readonly Rule[] =>
    ours.rules.filter((rule) => rule.placement === placement);
  return {
    ...foreign,
    policy: ours.policy ?? foreign.policy,
    rules: [...placed('insert'), ...foreign.rules, ...placed('append')],
  };
}

function findTable(ruleset: Ruleset, name: TableName): Table {
  return ruleset.tables.find((table) => table.name === name) ?? { name, chains: [] };
}

function findBase(table: Table, hook: Hook): BaseChain | undefined {
  for (const chain of table.chains) if (chain.kind === 'base' && chain.hook === hook) return chain;
  return undefined;
}

function userChains(table: Table): readonly UserChain[] {
  return table.chains.filter((chain) => chain.kind === 'user');
}

function refuseTwice(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`both rulesets have a ${what} named ${name}`);
    seen.add(name);
  }
}
