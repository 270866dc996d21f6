import type { PacketVerdict } from '../simulate/packet-result.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { type FlowEnds, noteFlow, noteFlowOfBytes } from './flow-ends.ts';
import { FlowTable } from './flow-table.ts';
import type { Outcomes } from './outcomes.ts';
import { TopTalkers } from './top-talkers.ts';

/** Verdicts in the order in which they are counted and printed. */
export const VERDICTS: readonly PacketVerdict[] = ['accept', 'drop', 'reject', 'undetermined'];

const VERDICT_NUMBER: Readonly<Record<PacketVerdict, number>> = {
  accept: 0,
  drop: 1,
  reject: 2,
  undetermined: 3,
};

/** What a replay counts: everything about it that a summary says. Memory does not depend on the number of packets. */
export class Tally {
  readonly outcomes: Outcomes;
  /** By the number of the outcome. */
  readonly packetsOf: number[] = [];
  readonly bytesOf: number[] = [];
  readonly flows: FlowTable = new FlowTable();
  /** Packets by reason. */
  readonly unattributed: Map<string, number> = new Map();
  readonly ignored: Map<string, number> = new Map();
  /** Packets that a filter left out. */
  leftOut = 0;
  /** Of dropped and rejected packets. */
  readonly sources: TopTalkers = new TopTalkers();
  readonly destinations: TopTalkers = new TopTalkers();
  /** The verdict's number of each outcome. */
  readonly #verdictOf: number[] = [];

  constructor(outcomes: Outcomes) {
    this.outcomes = outcomes;
  }

  /** Counts a packet of `lengthBytes` on the wire. HOT */
  count(outcome: number, lengthBytes: number): void {
    while (this.packetsOf.length <= outcome) this.#open();
    this.packetsOf[outcome]!++;
    this.bytesOf[outcome]! += lengthBytes;
  }

  /** Counts the flow of a packet that has been counted. */
  countFlow(outcome: number, flow: FlowEnds): void {
    noteFlow(this.flows, flow, this.#classOf(outcome), this.#verdictOf[outcome]!);
  }

  /** The same straight from the packet's bytes. HOT */
  countFlowOfBytes(outcome: number, packet: CapturedPacket): void {
    noteFlowOfBytes(this.flows, packet, this.#classOf(outcome), this.#verdictOf[outcome]!);
  }

  /** Whether packets of the outcome were stopped. HOT */
  isStopped(outcome: number): boolean {
    const verdict = this.#verdictOf[outcome]!;
    return verdict === VERDICT_NUMBER.drop || verdict === VERDICT_NUMBER.reject;
  }

  /** Distinct flows with a packet of the verdict. */
  flowsOfVerdict(verdict: PacketVerdict): number {
    return this.flows.flowsOf[VERDICT_NUMBER[verdict]] ?? 0;
  }

  /** Distinct flows with a packet of the group of outcomes. */
  flowsOfGroup(group: number): number {
    return this.flows.flowsOf[group + VERDICTS.length] ?? 0;
  }

  #classOf(outcome: number): number {
    return this.outcomes.groupOf[outcome]! + VERDICTS.length;
  }

  #open(): void {
    const outcome = this.packetsOf.length;
    this.packetsOf.push(0);
    this.bytesOf.push(0);
    this.#verdictOf.push(VERDICT_NUMBER[this.outcomes.at(outcome).verdict]);
  }
}

/** Adds one to a reason's count. */
export function countReason(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
