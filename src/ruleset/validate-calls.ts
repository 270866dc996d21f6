import type { Hook } from './hook.ts';
import type { Match } from './match/match.ts';
import type { Rule, Table } from './ruleset.ts';
import type { Target } from './target/target.ts';

/** Where targets that translate may be met. Source: netfilter-facts 2.1. */
const TRANSLATES_AT: Readonly<Partial<Record<Target['kind'], readonly Hook[]>>> = {
  dnat: ['prerouting', 'output'],
  snat: ['postrouting', 'input'],
  masquerade: ['postrouting'],
};

/**
 * What the restore tools would refuse about how the chains of a table are reached: a loop, a translation at the wrong hook, an interface
 * that a base chain's packets never have. Chains that nothing reaches are not looked at, as the kernel does not; undefined when nothing.
 */
export function validateCalls(table: Table): string | undefined {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain.rules]));
  for (const chain of table.chains) {
    if (chain.kind !== 'base') continue;
    const wrongSide = chain.rules.flatMap(({ matches }) => matches).find(hasNoSuchSide(chain.hook));
    if (wrongSide !== undefined) {
      return `chain ${chain.name}: packets at ${chain.hook} have no such interface to match`;
    }
    const problem = walk(chain.name, chain.hook, chains, new Map());
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasNoSuchSide(hook: Hook): (match: Match) => boolean {
  const none =
    hook === 'prerouting' || hook === 'input'
      ? 'out'
      : hook === 'output' || hook === 'postrouting'
        ? 'in'
        : undefined;
  return (match) => match.kind === 'interface' && match.direction === none;
}

/** Depth first; a chain that is `open` is being walked, one that is `done` was found to be right. */
function walk(
  name: string,
  hook: Hook,
  chains: ReadonlyMap<string, readonly Rule[]>,
  seen: Map<string, 'open' | 'done'>,
): string | undefined {
  seen.set(name, 'open');
  for (const { target } of chains.get(name) ?? []) {
    if (target === undefined) continue;
    if (TRANSLATES_AT[target.kind]?.includes(hook) === false) {
      return `chain ${name}: ${target.kind} cannot be met at ${hook}`;
    }
    if (target.kind !== 'jump' && target.kind !== 'goto') continue;
    const before = seen.get(target.chain);
    if (before === 'open') return `chains call each other in a loop: ${name}, ${target.chain}`;
    if (before === 'done') continue;
    const problem = walk(target.chain, hook, chains, seen);
    if (problem !== undefined) return problem;
  }
  seen.set(name, 'done');
  return undefined;
}
