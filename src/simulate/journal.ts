import type { TraceStep } from './packet-result.ts';
import type { RuleProgram } from './rule-program.ts';

/** A step that is written down as it happens; rules and chain policies are numbers until somebody reads them. */
export type JournalEvent = Exclude<TraceStep, { readonly kind: 'rule' | 'chain-policy' }>;

/** What a journal held when a packet ended: pairs of words, and the events that some of them point to. */
export interface JournalRecord {
  readonly program: RuleProgram;
  readonly words: Int32Array;
  readonly events: readonly JournalEvent[];
}

/** The first word of a pair that is no rule. A rule's pair is its number and the depth of the call stack. */
export const EVENT = -1;
export const POLICY = -2;

/**
 * What happened to one packet, in order. Reused from packet to packet; `record` copies it.
 *
 * A packet meets a hundred rules or more, and most results are read for their verdict alone, so that a rule costs two words here.
 */
export class Journal {
  readonly #program: RuleProgram;
  #words = new Int32Array(1024);
  #length = 0;
  #events: JournalEvent[] = [];
  /** Whether rules that did not match are written down too. */
  explaining = false;

  constructor(program: RuleProgram) {
    this.#program = program;
  }

  clear(): void {
    this.#length = 0;
    this.#events = [];
  }

  /** HOT */
  rule(rule: number, depth: number): void {
    this.#push(rule, depth);
  }

  policy(chain: number): void {
    this.#push(POLICY, chain);
  }

  event(event: JournalEvent): void {
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
      words: this.#words.slice(0, this.#length),
      events: this.#events,
    };
  }

  #hook(): Extract<JournalEvent, { kind: 'hook' }>['hook'] {
    const entered = this.#events.findLast((event) => event.kind === 'hook');
    if (entered === undefined) throw new Error('a rule was walked outside any hook');
    return entered.hook;
  }

  #push(first: number, second: number): void {
    if (this.#length === this.#words.length) {
      const longer = new Int32Array(this.#words.length * 2);
      longer.set(this.#words);
      this.#words = longer;
    }
    this.#words[this.#length++] = first;
    this.#words[this.#length++] = second;
  }
}
