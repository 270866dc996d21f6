import type { PathEvent } from './packet-result.ts';
import type { RuleProgram } from './rule-program.ts';

/**
 * What a journal held when a packet ended: pairs of words from `start` to `end - 1`, and what some of them point to. Events are written down as they
 * happen; rules and chain policies are numbers until somebody reads them.
 */
export interface JournalRecord {
  readonly program: RuleProgram;
  /** Shared with other packets' records. */
  readonly words: Int32Array;
  readonly start: number;
  readonly end: number;
  readonly events: readonly PathEvent[];
}

// The first word of a pair. A rule's pair is its number and the depth of the call stack. Quiet calls in a row are two pairs: `CALLS`
// and the depth of their jumps, then the numbers of the first and the last.
export const EVENT = -1;
export const POLICY = -2;
export const CALLS = -3;

// Words of the first block and of the largest, 32 KiB: some fifty packets' records, which one that is kept keeps from being freed.
const FIRST_BLOCK_WORDS = 2 ** 8;
const BLOCK_WORDS = 2 ** 13;

/**
 * What happened to one packet, in order.
 *
 * A packet meets a hundred rules or more, and most results are read for their verdict alone, so that a rule costs two words here, a
 * row of chains in which nothing is about it four in all, and a record is a part of the block that it was written to and never copied.
 */
export class Journal {
  readonly #program: RuleProgram;
  #words: Int32Array = new Int32Array(FIRST_BLOCK_WORDS);
  #start = 0;
  #length = 0;
  #events: PathEvent[] = [];
  /** Whether rules that did not match are written down too. */
  explaining = false;

  constructor(program: RuleProgram) {
    this.#program = program;
  }

  /** Begins a packet. What was written before stays as it is, for the records of it. */
  clear(): void {
    this.#start = this.#length;
    this.#events = [];
  }

  /** HOT */
  rule(rule: number, depth: number): void {
    this.#push(rule, depth);
  }

  /** Quiet calls in a row, by the numbers of the first and the last. HOT */
  calls(first: number, last: number, depth: number): void {
    this.#push(CALLS, depth);
    this.#push(first, last);
  }

  policy(chain: number): void {
    this.#push(POLICY, chain);
  }

  event(event: PathEvent): void {
    this.#push(EVENT, this.#events.length);
    this.#events.push(event);
  }

  passedOver(ruleNumber: number, depth: number, failed: string): void {
    const { rule, chain, number } = this.#program.rules[ruleNumber]!;
    this.event({
      kind: 'passed-over',
      hook: this.#hook(),
      table: chain.table,
      chain: chain.chain.name,
      ruleNumber: number,
      rule,
      failed,
      depth,
    });
  }

  record(): JournalRecord {
    return {
      program: this.#program,
      words: this.#words,
      start: this.#start,
      end: this.#length,
      events: this.#events,
    };
  }

  #hook(): Extract<PathEvent, { kind: 'hook' }>['hook'] {
    const entered = this.#events.findLast((event) => event.kind === 'hook');
    if (entered === undefined) throw new Error('a rule was walked outside any hook');
    return entered.hook;
  }

  #push(first: number, second: number): void {
    if (this.#length === this.#words.length) this.#takeBlock();
    this.#words[this.#length++] = first;
    this.#words[this.#length++] = second;
  }

  /** Goes on in a new block, with what the present packet has in the old one. */
  #takeBlock(): void {
    const begun = this.#words.subarray(this.#start, this.#length);
    const usual = Math.min(BLOCK_WORDS, this.#words.length * 2);
    this.#words = new Int32Array(Math.max(usual, begun.length * 2));
    this.#words.set(begun);
    this.#start = 0;
    this.#length = begun.length;
  }
}
