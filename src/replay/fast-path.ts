import { type FastEvaluator, REFERENCE, SETTLED } from '../simulate/fast/fast-evaluator.ts';
import { EVENT, MEMORY, PLAIN, STATE } from '../simulate/fast/plain-layout.ts';
import type { PlainProgram } from '../simulate/fast/plain-program.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { type Evaluator, NOT_FAST } from './evaluator.ts';
import type { FlowTable } from './flow-table.ts';
import type { Tally } from './tally.ts';
import type { WaitingPackets } from './waiting-packets.ts';

/** An outcome of the fast evaluator that has none here yet. */
const UNKNOWN = -1;

/** `takeStopped`: what stopped the judging does so no longer. */
export const AGAIN = -4;

/** The fast evaluator in front of the reference evaluator; it remembers what has been counted of a connection. */
export class FastPath implements Evaluator {
  readonly checked: number;
  readonly #fast: FastEvaluator;
  readonly #tally: Tally;
  /** The fast evaluator's number of the outcome that `takeStopped` said. */
  #taken = 0;
  /** By the fast evaluator's number of an outcome. */
  #numbers: Int32Array = new Int32Array(64).fill(UNKNOWN);

  /** `checked`: which checksums of arriving packets count, as bits of CHECKED. */
  constructor(fast: FastEvaluator, tally: Tally, checked: number) {
    this.#fast = fast;
    this.#tally = tally;
    this.checked = checked;
  }

  /** What reads plain packets, and judges most of them. */
  get program(): PlainProgram {
    return this.#fast.plain;
  }

  /** Prepares for packets that wait, all of which are judged next. HOT */
  fetch(count: number): void {
    this.program.code.fetchFlows(count);
  }

  /**
   * Judges and counts packets that wait from a place on, up to the first that `takeStopped` must be asked about; returns its place. Where `isTold` then, it may go on from
   * there. HOT
   */
  judge(from: number, count: number): number {
    this.#fast.prepare();
    return this.program.code.judgePackets(from, count);
  }

  /** Whether something remains to be done of the packet before the place that `judge` returned, before it goes on. HOT */
  get isTold(): boolean {
    return this.program.memory.words[STATE.isTold / 4] !== 0;
  }

  /** The place of that packet, whose connection is selected then. HOT */
  selectTold(): number {
    this.#fast.selectRecord(this.#told(EVENT.record));
    return this.#told(EVENT.place);
  }

  /** What remains to be done of it: bits of REMAINS. HOT */
  get toldRemains(): number {
    return this.#told(EVENT.remains);
  }

  /** HOT */
  get toldOutcome(): number {
    return this.#numberOf(this.#told(EVENT.outcome));
  }

  /** The outcome of the packet that stopped `judge`; AGAIN where that goes on from there; NOT_FAST where it must be taken by itself. HOT */
  takeStopped(waiting: WaitingPackets, place: number): number {
    const { plain } = this.#fast;
    const interfaceNumber = plain.memory.words[plain.wordOf(place) + PLAIN.interfaceNumber]!;
    const nowMs = waiting.timeSeconds(place) * 1000;
    const number = this.#fast.takePlain(place, interfaceNumber, nowMs);
    if (number === SETTLED) {
      this.#numberOf(this.#fast.settled);
      return AGAIN;
    }
    this.#taken = number;
    return number === REFERENCE ? NOT_FAST : this.#numberOf(number);
  }

  /** Counts the packet whose outcome `takeStopped` has just said; bits of REMAINS. HOT */
  count(place: number): number {
    return this.program.code.countPacket(place, this.#fast.record, this.#taken);
  }

  /** Adds what `judge` and `count` have counted to the tally. Once, at the end. */
  finish(): void {
    const { plain, outcomes } = this.#fast;
    for (let number = 0; number < outcomes.length; number++) {
      const packets = plain.packetsOf(number);
      const bytes = plain.bytesOf(number);
      if (packets > 0) this.#tally.add(this.#numberOf(number), { packets, bytes });
    }
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
    // Both directions of a connection have one class each.
    const flowClass = this.#tally.classOf(outcome);
    // What the table of flows has forgotten must be counted anew.
    const isRemembered = words[at + 2] === flows.generation;
    if (isRemembered && (words[at] === flowClass || words[at + 1] === flowClass)) return false;
    words[at + 1] = isRemembered ? words[at]! : 0;
    words[at] = flowClass;
    words[at + 2] = flows.generation;
    if (!isRemembered) words[at + 3] = 0;
    return true;
  }

  /** The number that the flow of the packet just taken has in the table of flows; 0 where it is not known. HOT */
  get flow(): number {
    const fast = this.#fast;
    return fast.hasRecord ? fast.recordWords[fast.recordBase + 3]! : 0;
  }

  /** HOT */
  rememberFlow(flow: number): void {
    const fast = this.#fast;
    if (fast.hasRecord) fast.recordWords[fast.recordBase + 3] = flow;
  }

  /** HOT */
  #told(field: number): number {
    return this.program.memory.words[MEMORY.event / 4 + field]!;
  }

  /** HOT */
  #numberOf(number: number): number {
    const known = number < this.#numbers.length ? this.#numbers[number]! : UNKNOWN;
    return known === UNKNOWN ? this.#intern(number) : known;
  }

  #intern(number: number): number {
    const outcome = this.#fast.outcomes[number]!;
    const { outcomes } = this.#tally;
    const made = outcomes.intern({ ...outcome, because: outcome.because });
    while (number >= this.#numbers.length) {
      const longer = new Int32Array(this.#numbers.length * 2).fill(UNKNOWN);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[number] = made;
    this.#tally.know(made);
    this.program.count(number, {
      flowClass: this.#tally.classOf(made),
      verdictClass: this.#tally.verdictOf(made),
      isStopped: this.#tally.isStopped(made),
      opens: outcome.verdict === 'accept',
    });
    return made;
  }
}
