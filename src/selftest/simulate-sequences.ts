import type { Packet } from '../packet/packet.ts';
import type { Disagreement } from '../scenario/disagreement.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { PacketSession } from '../scenario/packet-session.ts';
import { PolicyOracle } from '../scenario/policy-oracle.ts';
import type { Random } from './random.ts';
import { canBeSent, isOpenEnd, runFlow, type SimulatedPacket } from './run-flow.ts';

/** Packets that meet the host one after the other, through one connection table that is empty at first. */
export interface Sequence {
  readonly packets: readonly SimulatedPacket[];
}

/** The compiled rules and policy itself disagree about the last of these packets. */
export interface PolicyFinding {
  readonly packets: readonly Packet[];
  readonly disagreement: Disagreement;
}

/** What the simulation says before the kernel is asked. */
export interface SimulatedRuleset {
  readonly sequences: readonly Sequence[];
  /** Packets in the sequences. */
  readonly packets: number;
  /** Packets of which the simulation could not say what happens to them; they are in no sequence. */
  readonly undetermined: number;
  readonly findings: readonly PolicyFinding[];
}

export interface SequenceOptions {
  /** How many packets at least, undetermined ones counted. */
  readonly packets: number;
  readonly random: Random;
  /** The first packet of the next flow. */
  readonly nextStart: () => Packet;
}

/** How many packets share a connection table. Policy's second opinion asks about all before it again, so that longer ones get slow. */
const SEQUENCE_LENGTH = 24;

/** Makes flows and runs them through the simulation and, beside it, past policy itself. */
export function simulateSequences(model: NodeModel, options: SequenceOptions): SimulatedRuleset {
  const session = new PacketSession((family) => model.simulator(family));
  const oracle = new PolicyOracle(model);
  const sequences: Sequence[] = [];
  const findings: PolicyFinding[] = [];
  let packets = 0;
  let undetermined = 0;
  while (packets + undetermined < options.packets) {
    session.reset();
    oracle.reset();
    const ran: SimulatedPacket[] = [];
    let known = true;
    while (
      known &&
      ran.length < SEQUENCE_LENGTH &&
      packets + undetermined + ran.length < options.packets
    ) {
      for (const one of runFlow(startOf(options), session, options.random)) {
        const disagreement = oracle.check(one.packet, one.result);
        if (one.result.verdict === 'undetermined') {
          undetermined++;
          known = false;
          break;
        }
        ran.push(one);
        // Nobody knows the connection table after it: the sequence ends here.
        known = !isOpenEnd(one.result);
        if (disagreement !== undefined) {
          findings.push({ packets: ran.map(({ packet }) => packet), disagreement });
        }
      }
    }
    packets += ran.length;
    if (ran.length > 0) sequences.push({ packets: ran });
  }
  return { sequences, packets, undetermined, findings };
}

function startOf({ nextStart }: SequenceOptions): Packet {
  for (;;) {
    const packet = nextStart();
    if (canBeSent(packet)) return packet;
  }
}

/** Runs given packets again, up to the first after which nobody knows the connection table. */
export function simulatePackets(
  model: NodeModel,
  packets: readonly Packet[],
): { readonly ran: readonly SimulatedPacket[]; readonly disagreement: Disagreement | undefined } {
  const session = new PacketSession((family) => model.simulator(family));
  const oracle = new PolicyOracle(model);
  const ran: SimulatedPacket[] = [];
  for (const packet of packets) {
    const result = session.run(packet);
    const disagreement = oracle.check(packet, result);
    if (result.verdict === 'undetermined') return { ran, disagreement: undefined };
    ran.push({ packet, result });
    if (disagreement !== undefined || isOpenEnd(result)) return { ran, disagreement };
  }
  return { ran, disagreement: undefined };
}
