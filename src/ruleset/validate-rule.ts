import type { IpFamily } from '../address/ip-address.ts';
import type { RuleContext } from './definition.ts';
import type { TableName } from './hook.ts';
import { type Match, validateMatch } from './match/match.ts';
import { isPrintableAscii } from './restore-text.ts';
import type { Rule } from './ruleset.ts';
import { validateTarget } from './target/target.ts';

/** The longest comment in bytes; iptables cuts a longer one without a word. */
export const COMMENT_LENGTH = 255;

/** What the matches and the target of a rule must know of it. */
export function ruleContext(
  rule: Rule,
  family: IpFamily,
  table: TableName | undefined,
): RuleContext {
  for (const match of rule.matches) {
    if (match.kind === 'protocol' && !match.negated) {
      return { family, table, protocol: match.protocol };
    }
  }
  return { family, table, protocol: undefined };
}

/** What the kernel or the restore tools would refuse about a rule; undefined when nothing. */
export function validateRule(rule: Rule, context: RuleContext): string | undefined {
  const slots = new Set<string>();
  for (const match of rule.matches) {
    const slot = headSlot(match);
    if (slot !== undefined && slots.has(slot)) return `two ${slot} in one rule`;
    if (slot !== undefined) slots.add(slot);
    const problem = validateMatch(match, context);
    if (problem !== undefined) return problem;
  }
  if (rule.comment !== undefined && !isComment(rule.comment)) {
    return 'a comment that is empty, longer than 255 bytes or not printable ASCII';
  }
  return rule.target === undefined ? undefined : validateTarget(rule.target, context);
}

/** The options that a rule's head has room for once each. */
export type HeadSlot = '-s' | '-d' | '-i' | '-o' | '-p' | '-f';

/** The option that a rule's head has room for once; undefined for a match that is loaded with `-m`. */
export function headSlot(match: Match): HeadSlot | undefined {
  switch (match.kind) {
    case 'address':
    case 'masked-address':
      return match.side === 'source' ? '-s' : '-d';
    case 'interface':
      return match.direction === 'in' ? '-i' : '-o';
    case 'protocol':
      return '-p';
    case 'fragment':
      return '-f';
    default:
      return undefined;
  }
}

function isComment(text: string): boolean {
  return text !== '' && text.length <= COMMENT_LENGTH && isPrintableAscii(text);
}
