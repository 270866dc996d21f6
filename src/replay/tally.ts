import { PLAIN, STATE } from '../simulate/fast/plain-layout.ts';
import { type MemoryUse, PlainMemory } from '../simulate/fast/plain-memory.ts';
import type { PacketVerdict } from '../simulate/packet-result.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { type FlowEnds, noteFlow, noteFlowOfBytes } from './flow-ends.ts';
import { FlowTable } from './flow-table.ts';
import type { Outcomes } from './outcomes.ts';
import { MOST_COUNTED, TopTalkers } from './top-talkers.ts';

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
  /** By the number of the outcome; may be longer than there are outcomes. */
  packetsOf: Float64Array = new Float64Array(64);
  bytesOf: Float64Array = new Float64Array(64);
  readonly flows: FlowTable;
  /** What flows, and whatever compiled code counts, are kept in. */
  readonly memory: PlainMemory;
  /** Packets by reason. */
  readonly unattributed: Map<string, number> = new Map();
  readonly ignored: Map<string, number> = new Map();
  /** Packets that a filter left out. */
  leftOut = 0;
  /** Of dropped and rejected packets. */
  readonly sources: TopTalkers;
  readonly destinations: TopTalkers;
  /** The verdict's number of each outcome that has been counted. */
  #verdictOf: Uint8Array = new Uint8Array(64);

  /** `use`: of the memory, which a fast evaluator may share. */
  constructor(outcomes: Outcomes, use: MemoryUse) {
    this.outcomes = outcomes;
    this.memory = new PlainMemory(use);
    const { memory } = this;
    this.flows = new FlowTable(memory);
    this.sources = new TopTalkers(MOST_COUNTED, { memory, table: STATE.sources });
    this.destinations = new TopTalkers(MOST_COUNTED, { memory, table: STATE.destinations });
  }

  /** Counts a packet of `lengthBytes` on the wire. HOT */
  count(outcome: number, lengthBytes: number): void {
    if (outcome >= this.packetsOf.length || this.packetsOf[outcome] === 0) this.know(outcome);
    this.packetsOf[outcome]!++;
    this.bytesOf[outcome]! += lengthBytes;
  }

  /** Prepares for packets of the outcome, which may be counted elsewhere. */
  know(outcome: number): void {
    if (outcome >= this.packetsOf.length) this.#grow(outcome);
    this.#verdictOf[outcome] = VERDICT_NUMBER[this.outcomes.at(outcome).verdict];
  }

  /** Adds packets that were counted elsewhere to those of an outcome that is known. */
  add(outcome: number, counted: { readonly packets: number; readonly bytes: number }): void {
    this.packetsOf[outcome]! += counted.packets;
    this.bytesOf[outcome]! += counted.bytes;
  }

  /** Counts the flow of a packet that has been counted. */
  countFlow(outcome: number, flow: FlowEnds): void {
    noteFlow(this.flows, flow, this.classOf(outcome), this.#verdictOf[outcome]!);
  }

  /** The same straight from the packet's bytes. HOT */
  countFlowOfBytes(outcome: number, packet: CapturedPacket): void {
    noteFlowOfBytes(this.flows, packet, this.classOf(outcome), this.#verdictOf[outcome]!);
  }

  /** The same for the plain packet at a word; returns the number that `flows` gave the flow. HOT */
  countFlowOfPlain(outcome: number, words: Int32Array, at: number): number {
    const ports = words[at + PLAIN.ports]!;
    return this.flows.note4(
      words[at + PLAIN.kind]! >>> 8,
      words[at + PLAIN.source]! >>> 0,
      words[at + PLAIN.destination]! >>> 0,
      ports >>> 16,
      ports & 0xffff,
      this.classOf(outcome),
      this.#verdictOf[outcome]!,
    );
  }

  /** The same for a packet of the flow that `flows` gave a number. HOT */
  countFlowAgain(outcome: number, flow: number): void {
    this.flows.noteAgain(flow, this.classOf(outcome), this.#verdictOf[outcome]!);
  }

  /** The class of flows that the outcome's verdict is. HOT */
  verdictOf(outcome: number): number {
    return this.#verdictOf[outcome]!;
  }

  /** Whether packets of the outcome were stopped. HOT */
  isStopped(outcome: number): boolean {
    const verdict = this.#verdictOf[outcome]!;
    return verdict === VERDICT_NUMBER.drop || verdict === VERDICT_NUMBER.reject;
  }

  /** Distinct flows with a packet of the verdict. */
  flowsOfVerdict(verdict: PacketVerdict): number {
    return this.flows.flowsOf(VERDICT_NUMBER[verdict]);
  }

  /** Distinct flows with a packet of the group of outcomes. */
  flowsOfGroup(group: number): number {
    return this.flows.flowsOf(group + VERDICTS.length);
  }

  /** The class of flows that flows with a packet of the outcome are counted in, never 0. HOT */
  classOf(outcome: number): number {
    return this.outcomes.groupOf[outcome]! + VERDICTS.length;
  }

  #grow(outcome: number): void {
    const length = Math.max(this.packetsOf.length * 2, outcome + 1);
    const packets = new Float64Array(length);
    packets.set(this.packetsOf);
    this.packetsOf = packets;
    const bytes = new Float64Array(length);
    bytes.set(this.bytesOf);
    this.bytesOf = bytes;
    const verdicts = new Uint8Array(length);
    verdicts.set(this.#verdictOf);
    this.#verdictOf = verdicts;
  }
}

/** Adds one to a reason's count. */
export function countReason(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
