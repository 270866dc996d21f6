/** The five places in the packet path where netfilter tables run. */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** A table of iptables; security is not modelled. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter';

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
 * Source: netfilter hook priorities (raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
 */
export const HOOK_TABLES: Readonly<Record<Hook, readonly TableName[]>> = {
  prerouting: ['raw', 'mangle', 'nat'],
  input: ['mangle', 'filter', 'nat'],
  forward: ['mangle', 'filter'],
  output: ['raw', 'mangle', 'nat', 'filter'],
  postrouting: ['mangle', 'nat'],
};
