import type { Evaluator } from './evaluator.ts';
import type { Tally } from './tally.ts';

/** An evaluator that stands in front of the reference evaluator and remembers what was counted of a packet's flow. */
export interface FastPath extends Evaluator {
  /** Whether the outcome of the packet just taken, or its flow, has not been counted; notes that it is from now on. HOT */
  isNewToFlow(outcome: number, tally: Tally): boolean;
}
