import { renderProtocol } from '../address/protocol.ts';
import { PlainMemory } from '../simulate/fast/plain-memory.ts';
import { type FlowEnds, flowOfResult, noteFlow, renderEnd } from './flow-ends.ts';
import { flowKey } from './flow-log.ts';
import { FlowTable } from './flow-table.ts';
import type { OutcomeGroup, Outcomes } from './outcomes.ts';
import type { OtherOutcome, ReplayedPacket } from './replayed-packet.ts';

/**
 * Flows of which two policies say different things for the same reasons: what settles it with the one, and with the one compared with. It is the first
 * packet of a flow that tells, for what becomes of the others follows from it.
 */
export interface Change {
  readonly given: OutcomeGroup;
  readonly against: OutcomeGroup;
  readonly packets: number;
  readonly bytes: number;
  /** Distinct flows. */
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

/** Flows whose change is remembered at a time; one that is forgotten is told by its next packet. */
const MOST_FLOWS = 1 << 18;

interface ChangeCount {
  readonly given: number;
  readonly against: number;
  /** Its place among the changes. */
  readonly number: number;
  packets: number;
  bytes: number;
  /** Where the first packet of each flow arrived. */
  readonly examples: Map<string, string>;
}

/** Counts the packets of which two policies say different things. Memory does not depend on their number. */
export class Comparison {
  readonly #given: Outcomes;
  readonly #against: Outcomes;
  readonly #counts: Map<string, ChangeCount> = new Map();
  /** Of flows and verdicts: what change they belong to. */
  readonly #changeOf: Map<string, ChangeCount> = new Map();
  readonly #flows: FlowTable = new FlowTable(new PlainMemory({ runsCode: false, size: 'small' }));
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
    const result = packet.result ?? other.result;
    const ends = result === undefined ? undefined : flowOfResult(result);
    const count = this.#changeOfFlow(ends, packet.outcome, other.outcome);
    count.packets++;
    count.bytes += packet.originalLength;
    if (ends !== undefined) this.#addFlow(count, ends, result?.packet.in ?? 'local');
    return true;
  }

  /** The change that a flow's packet belongs to: that of its first packet with the same two verdicts. */
  #changeOfFlow(ends: FlowEnds | undefined, given: number, against: number): ChangeCount {
    const givenGroup = this.#given.groupOf[given]!;
    const againstGroup = this.#against.groupOf[against]!;
    if (ends === undefined) return this.#change(givenGroup, againstGroup);
    const verdicts = `${this.#given.at(given).verdict} ${this.#against.at(against).verdict}`;
    const key = `${flowKey(ends)} ${verdicts}`;
    let count = this.#changeOf.get(key);
    if (count === undefined) {
      count = this.#change(givenGroup, againstGroup);
      if (this.#changeOf.size >= MOST_FLOWS) this.#changeOf.clear();
      this.#changeOf.set(key, count);
    }
    return count;
  }

  #change(given: number, against: number): ChangeCount {
    const key = `${given} ${against}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = newCount(given, against, this.#counts.size);
      this.#counts.set(key, count);
    }
    return count;
  }

  summarize(): ComparisonSummary {
    const changes = [...this.#counts.values()].map(
      (count, index): Change => ({
        given: this.#given.groups[count.given]!,
        against: this.#against.groups[count.against]!,
        packets: count.packets,
        bytes: count.bytes,
        flows: this.#flows.flowsOf(index),
        examples: [...count.examples].map(([flow, from]) => `${flow} in=${from}`),
      }),
    );
    return {
      packets: this.#packets,
      changedPackets: this.#changed,
      changedFlows: this.#flows.flows,
      changes: changes.sort((a, b) => b.packets - a.packets),
    };
  }

  #addFlow(count: ChangeCount, ends: FlowEnds, from: string): void {
    noteFlow(this.#flows, ends, count.number, count.number);
    // The first packet's way; others of the flow may go the other.
    const example = renderFlow(ends);
    if (count.examples.size < MOST_EXAMPLES && !count.examples.has(example)) {
      count.examples.set(example, from);
    }
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
