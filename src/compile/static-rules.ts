import type { Match } from '../ruleset/match/match.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { CompileContext } from './compile-context.ts';
import { jumpTo, onPrefix, rule, whenMarked } from './rule-parts.ts';

/** The rule of a kernel's chain that leads to ours, where ChainInsertMode puts it. */
export function topJump({ config }: CompileContext, chain: string): Rule {
  return rule([], jumpTo(chain), { placement: config.chainInsertMode });
}

/** What earlier tables or endpoints have allowed meets the target. */
export function acceptMarked({ marks }: CompileContext, target: Target, words?: string): Rule {
  return rule([whenMarked(marks.accept)], target, words === undefined ? {} : { words });
}

/** One rule for each prefix of workload interfaces. */
export function forWorkloads(
  { config }: CompileContext,
  direction: 'in' | 'out',
  target: Target,
): readonly Rule[] {
  return config.interfacePrefixes.map((prefix) => rule([onPrefix(direction, prefix)], target));
}

/** Every packet, as a list of matches that reads as such. */
export const ALWAYS: readonly Match[] = [];
