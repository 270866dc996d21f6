import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { TracedRule } from './kernel-lab.ts';

/** Hooks by the numbers that the kernel gives them. Source: Linux, include/uapi/linux/netfilter.h. */
export const HOOK_BY_NUMBER: readonly Hook[] = [
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
];

const PREFIX = /^TRACE: (raw|mangle|nat|filter|security):(.+):(?:rule|return|policy):(\d+) ?$/;

/** How many rules each chain has, by table and name. */
export type ChainLengths = ReadonlyMap<string, number>;

/** Counts the rules of every chain of a ruleset. */
export function chainLengths(ruleset: Ruleset): ChainLengths {
  return new Map(
    ruleset.tables.flatMap((table) =>
      table.chains.map((chain) => [`${table.name} ${chain.name}`, chain.rules.length] as const),
    ),
  );
}

/**
 * The rule that a message of iptables-legacy's TRACE is about; undefined for a chain's end or policy, whose number is one past the last rule.
 * The word before the number says nothing: a plain DROP is called a policy too (netfilter-facts 9, 25).
 */
export function parseTracePrefix(
  prefix: string,
  hook: number,
  lengths: ChainLengths,
): TracedRule | undefined {
  const parts = PREFIX.exec(prefix);
  const hookName = HOOK_BY_NUMBER[hook];
  if (parts === null || hookName === undefined) return undefined;
  const [, table, chain, number] = parts as unknown as readonly [string, TableName, string, string];
  const rule = Number(number);
  if (rule > (lengths.get(`${table} ${chain}`) ?? 0)) return undefined;
  return { hook: hookName, table, chain, rule };
}
