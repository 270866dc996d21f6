import type { Ruleset } from './ruleset.ts';

/**
 * One ruleset of ours and the host's own, as the kernel would have them: in base chains our `insert` rules come first, then the host's,
 * then our `append` rules. User chains and sets of both must have different names.
 */
export function mergeRulesets(_ours: Ruleset, _foreign: Ruleset): Ruleset {
  throw new Error('mergeRulesets is being written');
}
