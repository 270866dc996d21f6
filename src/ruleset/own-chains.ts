import type { IpSet } from './ip-set.ts';
import type { Chain, Rule, Ruleset } from './ruleset.ts';

/** Whether a chain is one that hepsim writes: all of its chains begin so, and nobody else's. */
export function isOwnChain(name: string): boolean {
  return name.startsWith('hep-');
}

/** Whether a set is one that hepsim writes: `hep4s:...`, `hep6p:...`, and those that an apply needs while it runs. */
export function isOwnSet(name: string): boolean {
  return /^hep[46-]/.test(name);
}

/** Whether a rule is one that hepsim writes into a chain of the kernel's: it leads to a chain of ours, or bears our comment. */
export function isOwnRule({ target, comment }: Rule): boolean {
  const isCall = target?.kind === 'jump' || target?.kind === 'goto';
  return (isCall && isOwnChain(target.chain)) || comment?.startsWith('hep:') === true;
}

/** Whether a chain is one of Calico's own agent, Felix, in its present or its first naming. */
export function isCalicoChain(name: string): boolean {
  return name.startsWith('cali-') || name.startsWith('felix-');
}

/**
 * The ruleset as it is without anything that hepsim wrote: what stays when `apply` takes its old rules out. Chains of others
 * that lead to ours lose those rules.
 */
export function withoutOwnRules(ruleset: Ruleset): Ruleset {
  return {
    ...ruleset,
    tables: ruleset.tables.map(({ name, chains }) => ({
      name,
      chains: chains.filter((chain) => !isOwnChain(chain.name)).map(withoutOwnIn),
    })),
    ipSets: ruleset.ipSets.filter((set: IpSet) => !isOwnSet(set.name)),
  };
}

function withoutOwnIn(chain: Chain): Chain {
  if (!chain.rules.some(isOwnRule)) return chain;
  return { ...chain, rules: chain.rules.filter((rule) => !isOwnRule(rule)) };
}

/** Whether any table has a chain of the kind. */
export function hasChain(ruleset: Ruleset, isOne: (name: string) => boolean): boolean {
  return ruleset.tables.some(({ chains }) => chains.some(({ name }) => isOne(name)));
}
