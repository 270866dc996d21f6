import type { Rule, Ruleset } from './ruleset.ts';

/** A rule as iptables-save writes it, without `-A CHAIN`: matches, comment, target. */
export function renderRule(_rule: Rule, _family: 4 | 6): string {
  throw new Error('renderRule is being written');
}

/** What `iptables-restore --noflush` (or `ip6tables-restore`) takes. */
export function renderIptables(_ruleset: Ruleset): string {
  throw new Error('renderIptables is being written');
}

/** What `ipset restore` takes for the sets of both families. */
export function renderIpsets(_rulesets: readonly Ruleset[]): string {
  throw new Error('renderIpsets is being written');
}
