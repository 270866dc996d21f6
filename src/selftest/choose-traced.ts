import type { AskedSequence } from './check-sequence.ts';
import type { Sequence } from './simulate-sequences.ts';

/** Of so many rulesets in a row the first is traced. */
const RULESETS_PER_TRACED = 4;

/**
 * Has one sequence of `traceEvery` traced: the last ones of every fourth ruleset, because tracing takes a while to be turned on. Which ones depends
 * on the ruleset's number alone.
 */
export function chooseTraced(
  index: number,
  sequences: readonly Sequence[],
  traceEvery: number,
): readonly AskedSequence[] {
  const rulesets = Math.min(traceEvery, RULESETS_PER_TRACED);
  const traced = index % rulesets === 0 ? Math.ceil((sequences.length * rulesets) / traceEvery) : 0;
  return sequences.map(({ packets }, at) => ({
    packets,
    trace: at >= sequences.length - traced,
  }));
}
