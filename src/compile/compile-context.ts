import type { IpFamily } from '../address/ip-address.ts';
import type { FelixConfig } from '../policy/felix-config.ts';
import type { NodePolicy } from '../policy/node-policy.ts';
import type { VersionFacts } from '../policy/version-facts.ts';
import type { TableName } from '../ruleset/hook.ts';
import type { Target } from '../ruleset/target/target.ts';
import { IpSets } from './ip-sets.ts';
import { allocateMarkBits, type MarkBits } from './mark-bits.ts';
import { ACCEPT, DROP, RETURN } from './rule-parts.ts';

/** What every part of the compiler needs: the policy, what is in force for it, and the sets that have been used so far. */
export interface CompileContext {
  readonly policy: NodePolicy;
  readonly config: FelixConfig;
  readonly facts: VersionFacts;
  readonly family: IpFamily;
  readonly marks: MarkBits;
  readonly sets: IpSets;
  /** With `mark` rules need no words. */
  readonly comments: RuleComments;
}

/** How much the comments of rules say: what each rule is, or no more than whose it is. */
export type RuleComments = 'identify' | 'mark';

/** A context without any set yet. @throws Error when the mark mask has fewer than four bits. */
export function createContext(
  policy: NodePolicy,
  family: IpFamily,
  comments: RuleComments,
): CompileContext {
  const { config, facts } = policy;
  const marks = allocateMarkBits(config.markMask);
  return { policy, config, facts, family, marks, sets: new IpSets(family), comments };
}

/** What allowed packets meet in the table: `filter` and `mangle` can hand them back to the host's own rules. */
export function allowTarget({ config }: CompileContext, table: TableName): Target {
  const action = table === 'mangle' ? config.mangleAllowAction : config.filterAllowAction;
  return table !== 'raw' && action === 'return' ? RETURN : ACCEPT;
}

/**
 * What denied packets meet in the table. The kernel rejects in filter only, so that raw and mangle always drop;
 * Felix would write a rule that the kernel refuses.
 */
export function denyTarget({ config, family }: CompileContext, table: TableName): Target {
  if (table !== 'filter' || config.filterDenyAction === 'drop') return DROP;
  return {
    kind: 'reject',
    with: family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable',
  };
}

/** `Drop` or `Reject`, for comments. */
export function denyWord(context: CompileContext, table: TableName): string {
  return denyTarget(context, table).kind === 'reject' ? 'Reject' : 'Drop';
}
