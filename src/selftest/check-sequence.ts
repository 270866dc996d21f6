import type { KernelLab, Observation } from '../lab/kernel-lab.ts';
import { compareObservation, type Difference } from './compare.ts';
import type { SimulatedPacket } from './run-flow.ts';

/** A sequence to ask the kernel about. */
export interface AskedSequence {
  readonly packets: readonly SimulatedPacket[];
  /** Whether to ask for the rules that each packet hits, too. */
  readonly trace: boolean;
}

/** What the kernel made of sequences, held against their simulation. */
export interface SequencesCheck {
  /** Packets compared, up to the first difference of each sequence. */
  readonly compared: number;
  readonly traced: number;
  /** Rules that the kernel said packets hit, where it was asked. */
  readonly tracedRules: number;
  /** Sequences of which messages of the kernel were lost, twice in a row, so that the rest was not compared. */
  readonly lost: number;
  /** The first there is. */
  readonly difference: SequenceDifference | undefined;
}

/** The first packet of a sequence that the kernel treated otherwise. */
export interface SequenceDifference {
  readonly sequence: AskedSequence;
  /** Position in the sequence, from 0. */
  readonly at: number;
  readonly differences: readonly Difference[];
  readonly observed: Observation;
}

/**
 * Injects the packets of each sequence in order into an empty connection table and compares each with its simulation. The rules are
 * loaded. Everything is asked at once, so that the lab need not wait for the comparison.
 */
export async function checkSequences(
  lab: KernelLab,
  sequences: readonly AskedSequence[],
): Promise<SequencesCheck> {
  const observed = await Promise.all(sequences.map((sequence) => ask(lab, sequence)));
  const total = { compared: 0, traced: 0, tracedRules: 0, lost: 0 };
  let difference: SequenceDifference | undefined;
  for (const [index, sequence] of sequences.entries()) {
    let check = compareSequence(sequence, observed[index] as readonly Observation[]);
    if (check.lost) check = compareSequence(sequence, await ask(lab, sequence));
    total.compared += check.compared;
    if (sequence.trace) total.traced += check.compared;
    total.tracedRules += check.tracedRules;
    if (check.lost) total.lost++;
    difference ??= check.difference;
  }
  return { ...total, difference };
}

async function ask(
  lab: KernelLab,
  { packets, trace }: AskedSequence,
): Promise<readonly Observation[]> {
  const [, observations] = await Promise.all([
    lab.flushConnections(),
    lab.inject(
      packets.map(({ packet }) => packet),
      { trace },
    ),
  ]);
  if (observations.length !== packets.length) {
    throw new Error('the lab did not observe every packet');
  }
  return observations;
}

interface SequenceCheck {
  readonly compared: number;
  readonly tracedRules: number;
  readonly lost: boolean;
  readonly difference: SequenceDifference | undefined;
}

function compareSequence(
  sequence: AskedSequence,
  observations: readonly Observation[],
): SequenceCheck {
  let tracedRules = 0;
  for (const [at, observed] of observations.entries()) {
    if (observed.lost) return { compared: at, tracedRules, lost: true, difference: undefined };
    tracedRules += observed.rules?.length ?? 0;
    const { result } = sequence.packets[at] as SimulatedPacket;
    const differences = compareObservation(result, observed);
    if (differences.length > 0) {
      const difference = { sequence, at, differences, observed };
      return { compared: at + 1, tracedRules, lost: false, difference };
    }
  }
  return { compared: observations.length, tracedRules, lost: false, difference: undefined };
}
