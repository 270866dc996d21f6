import type { IpFamily } from '../address/ip-address.ts';
import type { NodePolicy } from '../policy/node-policy.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { createContext, type RuleComments } from './compile-context.ts';
import { compileFilterTable } from './filter-table.ts';
import { compileMangleTable } from './mangle-table.ts';
import { compileNatTable } from './nat-table.ts';
import { compileRawTable } from './raw-table.ts';
import { identifyRules, markRules } from './rule-comments.ts';

/**
 * Compiles what the documents mean for a node into netfilter rules of one family: the chains that Felix would write, under
 * names of our own. The same policy gives the same bytes.
 *
 * One thing differs from Felix on purpose: a rule with three or more lists that do not fit one netfilter rule means what it says
 * (see rule-blocks.ts).
 *
 * With `mark` comments say no more than whose the rules are, for rules that nobody writes or prints.
 *
 * @throws Error when the mark mask has fewer than four bits.
 */
export function compilePolicy(
  policy: NodePolicy,
  family: IpFamily,
  comments: RuleComments = 'identify',
): Ruleset {
  // Without IPv6 support Felix leaves ip6tables alone.
  if (family === 6 && !policy.config.ipv6Support) return { family, tables: [], ipSets: [] };
  const context = createContext(policy, family, comments);
  const tables = [
    compileRawTable(context),
    compileMangleTable(context),
    compileNatTable(context),
    compileFilterTable(context),
  ].map((table) => (comments === 'identify' ? identifyRules(table, family) : markRules(table)));
  return { family, tables, ipSets: context.sets.all() };
}
