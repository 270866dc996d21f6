import { LabError, type LabErrorCode } from '../lab/lab-error.ts';
import type { Packet } from '../packet/packet.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import { InputError } from '../source/errors.ts';
import { checkSequences, type SequenceDifference } from './check-sequence.ts';
import type { Finding, KernelFinding } from './finding.ts';
import type { LabPool } from './lab-pool.ts';
import { modelOf, type RulesetCase } from './ruleset-case.ts';
import type { SimulatedPacket } from './run-flow.ts';
import { simulatePackets } from './simulate-sequences.ts';

/** Runs documents and packets on both sides once more. What they are held to is that of `like`: its build, with or without tracing. */
export class Rechecker {
  readonly #pool: LabPool;

  constructor(pool: LabPool) {
    this.#pool = pool;
  }

  /** What is found now, its packets ending with the one in question; undefined where both sides agree or the documents are wrong. */
  async recheck(
    ruleset: RulesetCase,
    packets: readonly Packet[],
    like: Finding['about'],
  ): Promise<Finding | undefined> {
    const simulated = simulate(ruleset, packets);
    if (simulated === undefined) return undefined;
    const { model, ran, disagreement } = simulated;
    if (like.kind === 'policy') {
      if (disagreement === undefined) return undefined;
      return {
        ruleset,
        packets: ran.map(({ packet }) => packet),
        about: { kind: 'policy', disagreement },
      };
    }
    if (ran.length === 0) return undefined;
    const difference = await this.#compare(model, ran, like);
    if (difference === undefined) return undefined;
    const { at, differences, observed } = difference;
    return {
      ruleset,
      packets: ran.slice(0, at + 1).map(({ packet }) => packet),
      about: { kind: 'kernel', build: like.build, traced: like.traced, differences, observed },
    };
  }

  /** Undefined also where the kernel does not take the host or its rules. */
  async #compare(
    model: NodeModel,
    ran: readonly SimulatedPacket[],
    { build, traced }: KernelFinding,
  ): Promise<SequenceDifference | undefined> {
    try {
      const lab = await this.#pool.take(model.host, { build, lane: 0 });
      await lab.load([model.ruleset(4), model.ruleset(6)]);
      return (await checkSequences(lab, [{ packets: ran, trace: traced }])).difference;
    } catch (error) {
      const refused = error instanceof LabError && REFUSALS.includes(error.code);
      if (refused) return undefined;
      throw error;
    }
  }
}

const REFUSALS: readonly LabErrorCode[] = ['rejected', 'unsupported'];

interface Simulated {
  readonly model: NodeModel;
  readonly ran: readonly SimulatedPacket[];
  readonly disagreement: ReturnType<typeof simulatePackets>['disagreement'];
}

/** Undefined where the documents are wrong, or the host has no longer the packets' interfaces. */
function simulate(ruleset: RulesetCase, packets: readonly Packet[]): Simulated | undefined {
  try {
    const model = modelOf(ruleset);
    return { model, ...simulatePackets(model, packets) };
  } catch (error) {
    if (error instanceof InputError || error instanceof PacketPathError) return undefined;
    throw error;
  }
}
