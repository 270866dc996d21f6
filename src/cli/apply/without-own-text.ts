import { isOwnChain, isOwnComment } from '../../apply/ownership.ts';
import { optionValue, ruleWords } from '../../apply/rule-words.ts';
import type { HostText } from '../../host/host.ts';

/** What iptables-save printed with nothing of ours in it. Lines keep their numbers: in the place of one that goes stands a comment. */
export function withoutOwnText(saved: HostText | undefined): HostText | undefined {
  if (saved === undefined) return undefined;
  const text = saved.text
    .split('\n')
    .map((line) => (isOwnLine(line) ? '# of hepsim' : line))
    .join('\n');
  return { ...saved, text };
}

function isOwnLine(line: string): boolean {
  const [, chain] = /^(?::|(?:\[\d+:\d+\] )?-A )(\S+)/.exec(line) ?? [];
  if (chain === undefined) return false;
  if (isOwnChain(chain)) return true;
  if (!line.includes('hep:')) return false;
  const comment = optionValue(ruleWords(line), '--comment');
  return comment !== undefined && isOwnComment(comment);
}
