import { PLAIN_WORDS } from '../packet/plain-packets.ts';
import { type FastEvaluator, REFERENCE } from '../simulate/fast/fast-evaluator.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { type Evaluator, NOT_FAST } from './evaluator.ts';
import type { FlowTable } from './flow-table.ts';
import type { Outcomes } from './outcomes.ts';
import { WAITING, type WaitingPackets } from './waiting-packets.ts';

/** An outcome of the fast evaluator that has none here yet. */
const UNKNOWN = -1;

/** The fast evaluator in front of the reference evaluator; it remembers what has been counted of a connection. */
export class FastPath implements Evaluator {
  readonly checked: number;
  readonly #fast: FastEvaluator;
  readonly #outcomes: Outcomes;
  /** By the fast evaluator's number of an outcome. */
  #numbers: Int32Array = new Int32Array(64).fill(UNKNOWN);

  /** `checked`: which checksums of arriving packets count, as bits of CHECKED. */
  constructor(fast: FastEvaluator, outcomes: Outcomes, checked: number) {
    this.#fast = fast;
    this.#outcomes = outcomes;
    this.checked = checked;
  }

  /** Prepares for packets that wait, all of which are taken next and counted in `flows`. HOT */
  fetch({ plain: packets, count }: WaitingPackets, flows: FlowTable): void {
    const { plain } = this.#fast;
    plain.fetch(packets, count);
    flows.fetch4(plain.unknown, plain.unknownCount);
  }

  /** The outcome of a packet that waits; NOT_FAST where it must be taken by itself. HOT */
  takeWaiting({ plain, timeSeconds }: WaitingPackets, place: number): number {
    const { words } = plain;
    const at = place * PLAIN_WORDS;
    const nowMs = timeSeconds[place]! * 1000;
    const number = this.#fast.takePlain(words, at, words[at + WAITING.interfaceNumber]!, nowMs);
    return number === REFERENCE ? NOT_FAST : this.#numberOf(number);
  }

  /** HOT */
  take({ bytes, header, end, interfaceNumber, nowMs }: CapturedPacket): number {
    const number = this.#fast.take(bytes, header, end, interfaceNumber, nowMs);
    return number === REFERENCE ? NOT_FAST : this.#numberOf(number);
  }

  /**
   * Whether the outcome of the packet just taken has not been counted with its connection, as far as is remembered; it is from now
   * on. A packet without a connection is always new. HOT
   */
  isNewToFlow(outcome: number, flows: FlowTable): boolean {
    const fast = this.#fast;
    if (!fast.hasRecord) return true;
    const words = fast.recordWords;
    const at = fast.recordBase;
    // Numbers from 1, since 0 stands for nothing. Both directions of a connection have one each.
    const group = this.#outcomes.groupOf[outcome]! + 1;
    // What the table of flows has forgotten must be counted anew.
    const isRemembered = words[at + 2] === flows.generation;
    if (isRemembered && (words[at] === group || words[at + 1] === group)) return false;
    words[at + 1] = isRemembered ? words[at]! : 0;
    words[at] = group;
    words[at + 2] = flows.generation;
    if (!isRemembered) words[at + 3] = 0;
    return true;
  }

  /** The number that the flow of the packet just taken has in the table of flows; -1 where it is not known. HOT */
  get flow(): number {
    const fast = this.#fast;
    return fast.hasRecord ? fast.recordWords[fast.recordBase + 3]! - 1 : -1;
  }

  /** HOT */
  rememberFlow(flow: number): void {
    const fast = this.#fast;
    if (fast.hasRecord) fast.recordWords[fast.recordBase + 3] = flow + 1;
  }

  /** HOT */
  #numberOf(number: number): number {
    const known = number < this.#numbers.length ? this.#numbers[number]! : UNKNOWN;
    return known === UNKNOWN ? this.#intern(number) : known;
  }

  #intern(number: number): number {
    const outcome = this.#fast.outcomes[number]!;
    const made = this.#outcomes.intern({ ...outcome, because: outcome.because });
    while (number >= this.#numbers.length) {
      const longer = new Int32Array(this.#numbers.length * 2).fill(UNKNOWN);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[number] = made;
    return made;
  }
}
