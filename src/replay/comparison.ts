import { renderProtocol } from '../address/protocol.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { type FlowEnds, flowOfResult, noteFlow, renderEnd } from './flow-ends.ts';
import { FlowTable } from './flow-table.ts';
import type { OutcomeGroup, Outcomes } from './outcomes.ts';
import type { OtherOutcome, ReplayedPacket } from './replayed-packet.ts';

/** Flows of which two policies say different things for the same reasons: what settles it with the one, and with the one compared with. */
export interface Change {
  readonly given: OutcomeGroup;
  readonly against: OutcomeGroup;
  readonly packets: number;
  readonly bytes: number;
  /** Distinct flows with a packet of the change. */
  readonly flows: number;
  /** The first of them, `tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0`. */
  readonly examples: readonly string[];
}

/** All packets, and those whose verdict changes. */
export interface ComparisonSummary {
  readonly packets: number;
  readonly changedPackets: number;
  readonly changedFlows: number;
  /** Most packets first. */
  readonly changes: readonly Change[];
}

/** Flows that are named of each change. */
const MOST_EXAMPLES = 5;

interface ChangeCount {
  readonly given: number;
  readonly against: number;
  /** Its place among the changes. */
  readonly number: number;
  packets: number;
  bytes: number;
  readonly examples: Map<string, true>;
}

/** Counts the packets of which two policies say different things. Memory does not depend on their number. */
export class Comparison {
  readonly #given: Outcomes;
  readonly #against: Outcomes;
  readonly #counts: Map<string, ChangeCount> = new Map();
  readonly #flows: FlowTable = new FlowTable();
  #packets = 0;
  #changed = 0;

  constructor(given: Outcomes, against: Outcomes) {
    this.#given = given;
    this.#against = against;
  }

  /** Whether the two verdicts of the packet differ; counts it. */
  add(packet: ReplayedPacket, other: OtherOutcome): boolean {
    this.#packets++;
    const given = this.#given.at(packet.outcome);
    const against = this.#against.at(other.outcome);
    if (given.verdict === against.verdict) return false;
    this.#changed++;
    const groups = [
      this.#given.groupOf[packet.outcome]!,
      this.#against.groupOf[other.outcome]!,
    ] as const;
    const key = groups.join(' ');
    let count = this.#counts.get(key);
    if (count === undefined) {
      const [givenGroup, againstGroup] = groups;
      const number = this.#counts.size;
      count = newCount(givenGroup, againstGroup, number);
      this.#counts.set(key, count);
    }
    count.packets++;
    count.bytes += packet.originalLength;
    const result = packet.result ?? other.result;
    if (result !== undefined) this.#addFlow(count, result);
    return true;
  }

  summarize(): ComparisonSummary {
    const changes = [...this.#counts.values()].map(
      (count, index): Change => ({
        given: this.#given.groups[count.given]!,
        against: this.#against.groups[count.against]!,
        packets: count.packets,
        bytes: count.bytes,
        flows: this.#flows.flowsOf[index] ?? 0,
        examples: [...count.examples.keys()],
      }),
    );
    return {
      packets: this.#packets,
      changedPackets: this.#changed,
      changedFlows: this.#flows.flows,
      changes: changes.sort((a, b) => b.packets - a.packets),
    };
  }

  #addFlow(count: ChangeCount, result: PacketResult): void {
    const ends = flowOfResult(result);
    noteFlow(this.#flows, ends, count.number, count.number);
    if (count.examples.size >= MOST_EXAMPLES) return;
    count.examples.set(`${renderFlow(ends)} in=${result.packet.in ?? 'local'}`, true);
  }
}

function newCount(given: number, against: number, number: number): ChangeCount {
  return { given, against, number, packets: 0, bytes: 0, examples: new Map() };
}

/** `tcp 203.0.113.7:40000 -> 192.0.2.10:80`. */
export function renderFlow(ends: FlowEnds): string {
  const { protocol, source, destination, sourcePort, destinationPort } = ends;
  const from = renderEnd(source, sourcePort, protocol);
  const to = renderEnd(destination, destinationPort, protocol);
  return `${renderProtocol(protocol)} ${from} -> ${to}`;
}
