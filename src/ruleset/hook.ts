/** The five places in the packet path where netfilter tables run. */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** A table of iptables. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** Every table, in the order in which rulesets list them. */
export const TABLE_NAMES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security'];

/** The name of a table's base chain at a hook, as iptables spells it. */
export const BASE_CHAIN: Readonly<Record<Hook, string>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

/**
 * The tables of each hook in the order that the kernel runs them.
 * Source: netfilter hook priorities (raw -300, mangle -150, dstnat -100, filter 0, security 50, srcnat 100).
 */
export const HOOK_TABLES: Readonly<Record<Hook, readonly TableName[]>> = {
  prerouting: ['raw', 'mangle', 'nat'],
  input: ['mangle', 'filter', 'security', 'nat'],
  forward: ['mangle', 'filter', 'security'],
  output: ['raw', 'mangle', 'nat', 'filter', 'security'],
  postrouting: ['mangle', 'nat'],
};
