import { BASE_CHAIN } from './hook.ts';
import type { Chain, Ruleset, Table } from './ruleset.ts';
import { isChainName } from './target/chain-call.ts';
import { validateCalls } from './validate-calls.ts';
import { checkIpSet } from './validate-ip-set.ts';
import { ruleContext, validateRule } from './validate-rule.ts';

/**
 * Checks that the restore tools would take a ruleset as it is meant, so that nothing unchecked reaches a restore file.
 *
 * @throws Error at the first thing that they would refuse or misread, naming table, chain and rule.
 */
export function checkRuleset(ruleset: Ruleset): void {
  const sets = new Set<string>();
  for (const set of ruleset.ipSets) {
    checkIpSet(set, ruleset.family);
    if (sets.has(set.name)) throw new Error(`set ${set.name} is defined twice`);
    sets.add(set.name);
  }
  for (const table of ruleset.tables) checkTable(table, ruleset, sets);
}

function checkTable(table: Table, ruleset: Ruleset, sets: ReadonlySet<string>): void {
  const userChains = new Set<string>();
  for (const chain of table.chains) {
    checkChainName(chain, table);
    if (chain.kind !== 'user') continue;
    if (userChains.has(chain.name)) {
      throw new Error(`chain ${chain.name} of table ${table.name} is defined twice`);
    }
    userChains.add(chain.name);
  }
  for (const chain of table.chains) {
    for (const [index, rule] of chain.rules.entries()) {
      const problem =
        validateRule(rule, ruleContext(rule, ruleset.family, table.name)) ??
        findDangling(chain, index, userChains, sets);
      if (problem !== undefined) {
        throw new Error(`table ${table.name}, chain ${chain.name}, rule ${index + 1}: ${problem}`);
      }
    }
  }
  const problem = validateCalls(table);
  if (problem !== undefined) throw new Error(`table ${table.name}, ${problem}`);
}

function checkChainName(chain: Chain, table: Table): void {
  const valid =
    chain.kind === 'base' ? chain.name === BASE_CHAIN[chain.hook] : isChainName(chain.name);
  if (!valid) {
    throw new Error(`table ${table.name}: chain name ${JSON.stringify(chain.name)} is not valid`);
  }
}

function findDangling(
  chain: Chain,
  index: number,
  userChains: ReadonlySet<string>,
  sets: ReadonlySet<string>,
): string | undefined {
  const rule = chain.rules[index];
  const target = rule?.target;
  if ((target?.kind === 'jump' || target?.kind === 'goto') && !userChains.has(target.chain)) {
    return `chain ${target.chain} does not exist`;
  }
  const named = rule?.matches.flatMap((match) => (match.kind === 'set' ? [match.set] : [])) ?? [];
  if (target?.kind === 'set') {
    for (const reference of [target.add, target.delete, target.map]) {
      if (reference !== undefined) named.push(reference.set);
    }
  }
  const missing = named.find((name) => !sets.has(name));
  return missing === undefined ? undefined : `set ${missing} does not exist`;
}
