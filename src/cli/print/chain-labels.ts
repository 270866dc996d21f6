import type { TableName } from '../../ruleset/hook.ts';
import type { Rule, Ruleset, UserChain } from '../../ruleset/ruleset.ts';

/** What the chain that a rule calls stands for, in the author's words; undefined where it stands for nothing of theirs. */
export type ChainLabel = (table: TableName, rule: Rule) => string | undefined;

/** Labels for the chains of a ruleset: the endpoint whose policy a chain is, or the policy whose rules it holds. */
export function chainLabels(ruleset: Ruleset): ChainLabel {
  const labels = new Map<string, string | undefined>();
  const chains = new Map<string, UserChain>();
  for (const table of ruleset.tables) {
    for (const chain of table.chains) {
      if (chain.kind === 'user') chains.set(`${table.name} ${chain.name}`, chain);
    }
  }
  return (table, { target }) => {
    if (target?.kind !== 'jump' && target?.kind !== 'goto') return undefined;
    const key = `${table} ${target.chain}`;
    if (!labels.has(key)) labels.set(key, labelOf(chains.get(key)));
    return labels.get(key);
  };
}

function labelOf(chain: UserChain | undefined): string | undefined {
  if (chain === undefined) return undefined;
  if (chain.owner !== undefined) {
    const { endpoint, type, direction } = chain.owner;
    return `endpoint ${endpoint}: ${type} policy, ${direction}`;
  }
  for (const { meaning } of chain.rules) {
    if (meaning?.kind === 'policy') return `policy ${meaning.policy}, ${meaning.direction}`;
    if (meaning?.kind === 'profile') return `profile ${meaning.profile}, ${meaning.direction}`;
    if (meaning?.kind === 'failsafe') return `failsafe ports, ${meaning.direction}`;
  }
  return undefined;
}
