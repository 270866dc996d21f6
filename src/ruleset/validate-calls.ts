import type { Hook } from './hook.ts';
import type { Match } from './match/match.ts';
import type { Rule, Table } from './ruleset.ts';
import type { Target } from './target/target.ts';

/** Where targets may be met that work at some hooks only. Source: netfilter-facts 2.1. */
const MET_AT: Readonly<Partial<Record<Target['kind'], readonly Hook[]>>> = {
  dnat: ['prerouting', 'output'],
  'dnat-range': ['prerouting', 'output'],
  redirect: ['prerouting', 'output'],
  snat: ['postrouting', 'input'],
  'snat-range': ['postrouting', 'input'],
  masquerade: ['postrouting'],
  'masquerade-range': ['postrouting'],
  tproxy: ['prerouting'],
};

/** What is wrong with how chains are reached, and the rule that does it. */
export interface WrongCall {
  readonly message: string;
  readonly rule: Rule;
}

/**
 * What the restore tools would refuse about how the chains of a table are reached: a loop, a translation at the wrong hook, an interface
 * that a base chain's packets never have. Chains that nothing reaches are not looked at, as the kernel does not; undefined when nothing.
 */
export function validateCalls(table: Table): string | undefined {
  return findWrongCall(table)?.message;
}

/** The same with the rule that is to blame. */
export function findWrongCall(table: Table): WrongCall | undefined {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain.rules]));
  for (const chain of table.chains) {
    if (chain.kind !== 'base') continue;
    const isWrong = hasNoSuchSide(chain.hook);
    const rule = chain.rules.find(({ matches }) => matches.some(isWrong));
    if (rule !== undefined) {
      const message = `chain ${chain.name}: packets at ${chain.hook} have no such interface to match`;
      return { message, rule };
    }
    const problem = walk(chain.name, chain.hook, chains);
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

/** Depth first, without recursion, since chains may be nested as deep as there are chains. */
function walk(
  start: string,
  hook: Hook,
  chains: ReadonlyMap<string, readonly Rule[]>,
): WrongCall | undefined {
  // A chain that is open is being walked; one that is done was found to be right.
  const seen = new Map<string, 'open' | 'done'>([[start, 'open']]);
  const open = [{ name: start, next: 0 }];
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const rule = chains.get(at.name)?.[at.next++];
    if (rule === undefined) {
      seen.set(at.name, 'done');
      open.pop();
      continue;
    }
    const { target } = rule;
    if (target === undefined) continue;
    if (MET_AT[target.kind]?.includes(hook) === false) {
      return { message: `chain ${at.name}: ${target.kind} cannot be met at ${hook}`, rule };
    }
    if (target.kind !== 'jump' && target.kind !== 'goto') continue;
    const before = seen.get(target.chain);
    if (before === 'open') {
      return { message: `chains call each other in a loop: ${at.name}, ${target.chain}`, rule };
    }
    if (before === 'done') continue;
    seen.set(target.chain, 'open');
    open.push({ name: target.chain, next: 0 });
  }
  return undefined;
}
