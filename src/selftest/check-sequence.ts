import type { KernelLab, Observation } from '../lab/kernel-lab.ts';
import { compareObservation, type Difference } from './compare.ts';
import type { SimulatedPacket } from './run-flow.ts';

/** What the kernel made of a sequence, held against its simulation. */
export interface SequenceCheck {
  /** Packets compared, up to the first difference. */
  readonly compared: number;
  /** Rules that the kernel said packets hit, where it was asked. */
  readonly tracedRules: number;
  /** Whether messages of the kernel were lost, twice in a row, so that the rest was not compared. */
  readonly lost: boolean;
  readonly difference: SequenceDifference | undefined;
}

/** The first packet of a sequence that the kernel treated otherwise. */
export interface SequenceDifference {
  /** Position in the sequence, from 0. */
  readonly at: number;
  readonly differences: readonly Difference[];
  readonly observed: Observation;
}

/** Injects the packets in order into an empty connection table and compares each with its simulation. The rules are loaded. */
export async function checkSequence(
  lab: KernelLab,
  packets: readonly SimulatedPacket[],
  options: { readonly trace: boolean },
): Promise<SequenceCheck> {
  const first = await checkOnce(lab, packets, options);
  return first.lost ? checkOnce(lab, packets, options) : first;
}

async function checkOnce(
  lab: KernelLab,
  packets: readonly SimulatedPacket[],
  options: { readonly trace: boolean },
): Promise<SequenceCheck> {
  await lab.flushConnections();
  const observations = await lab.inject(
    packets.map(({ packet }) => packet),
    options,
  );
  let tracedRules = 0;
  for (const [at, { result }] of packets.entries()) {
    const observed = observations[at];
    if (observed === undefined) throw new Error('the lab did not observe every packet');
    if (observed.lost) return { compared: at, tracedRules, lost: true, difference: undefined };
    tracedRules += observed.rules?.length ?? 0;
    const differences = compareObservation(result, observed);
    if (differences.length > 0) {
      const difference = { at, differences, observed };
      return { compared: at + 1, tracedRules, lost: false, difference };
    }
  }
  return { compared: packets.length, tracedRules, lost: false, difference: undefined };
}
