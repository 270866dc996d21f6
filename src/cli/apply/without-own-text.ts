import { isOwnChain, isOwnComment } from '../../apply/ownership.ts';
import { optionValue, ruleWords } from '../../apply/rule-words.ts';
import { isOwnSet } from '../../ruleset/own-chains.ts';

/** What iptables-save printed with nothing of ours in it. Lines keep their numbers: in the place of one that goes stands a comment. */
export function withoutOwnRules(saved: string): string {
  return withoutLines(saved, isOwnRule);
}

/** The same of what `ipset save` printed. */
export function withoutOwnSets(saved: string): string {
  return withoutLines(saved, isOfOwnSet);
}

function withoutLines(text: string, isOwn: (line: string) => boolean): string {
  if (!text.includes('hep')) return text;
  return text
    .split('\n')
    .map((line) => (isOwn(line) ? '#' : line))
    .join('\n');
}

function isOwnRule(line: string): boolean {
  if (!line.includes('hep')) return false;
  const [, chain] = /^(?::|(?:\[\d+:\d+\] )?-A )(\S+)/.exec(line) ?? [];
  if (chain === undefined) return false;
  if (isOwnChain(chain)) return true;
  if (!line.includes('hep:')) return false;
  const comment = optionValue(ruleWords(line), '--comment');
  return comment !== undefined && isOwnComment(comment);
}

function isOfOwnSet(line: string): boolean {
  const [, name] = /^(?:create|add) (\S+)/.exec(line) ?? [];
  return name !== undefined && isOwnSet(name);
}
