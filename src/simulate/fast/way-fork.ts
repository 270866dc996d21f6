import type { PlainWays } from './plain-ways.ts';
import type { RuleIndex } from './rule-index.ts';
import { FORK, MOST_ROUTES } from './ways-layout.ts';

/** `resultOf`: no packet has taken that choice yet. */
export const NO_RESULT = -2;

/** One decision that a packet's way depended on, and how it went; choices are numbered from 0. */
export interface Decided {
  readonly kind: number;
  /** Of an index: which, and from which of its conditions on it was asked. */
  readonly index: RuleIndex | undefined;
  readonly from: number;
  readonly choice: number;
}

/** How many choices all forks of one family have room for, 16 MiB. */
const MOST_CHOICES = 2 ** 20;

/**
 * A point where ways part. From fork to fork the way depends on nothing else, so that packets that choose alike end alike: a tree of forks
 * tells what becomes of a packet without any of the rules in between.
 */
export class WayFork {
  readonly kind: number;
  readonly index: RuleIndex | undefined;
  readonly from: number;
  /** Where compiled code finds it; 0 without such code. */
  readonly place: number;
  readonly #plain: PlainWays | undefined;
  // By choice: 0 where nothing is known, else -1 - the result - 1; and the next fork.
  readonly #results: Int32Array;
  readonly #next: (WayFork | undefined)[];

  /** `choices`: how many there are; `plain`: what compiled code is told of. */
  constructor(
    { kind, index, from }: Omit<Decided, 'choice'>,
    choices: number,
    plain: PlainWays | undefined,
  ) {
    this.kind = kind;
    this.index = index;
    this.from = from;
    this.#plain = plain;
    this.place = plain?.fork(kind, index?.placeIn(plain.indexes) ?? 0, from, choices) ?? 0;
    this.#results = new Int32Array(choices);
    this.#next = new Array<WayFork | undefined>(choices).fill(undefined);
  }

  /** The way's end, a number from -1 on, where it ends with the choice; NO_RESULT. HOT */
  resultOf(choice: number): number {
    return -this.#results[choice]! - 2;
  }

  /** HOT */
  nextOf(choice: number): WayFork | undefined {
    return this.#next[choice];
  }

  setResult(choice: number, result: number): void {
    this.#results[choice] = -result - 2;
    this.#plain?.lead(this.place, choice, -result - 2);
  }

  setNext(choice: number, fork: WayFork): void {
    this.#next[choice] = fork;
    this.#plain?.lead(this.place, choice, fork.place);
  }
}

/** Makes forks as long as they do not take too much memory; ways beyond are walked rule by rule. */
export class ForkMaker {
  #left = MOST_CHOICES;
  readonly #tracked: number;
  readonly #plain: PlainWays | undefined;

  /** `tracked`: how many things connection tracking may say; `plain`: what compiled code is told of. */
  constructor(tracked: number, plain: PlainWays | undefined) {
    this.#tracked = tracked;
    this.#plain = plain;
  }

  /** Where ways begin. */
  start(): WayFork {
    return new WayFork({ kind: FORK.start, index: undefined, from: 0 }, 1, this.#plain);
  }

  /** The last fork of a way that goes on from a choice at a fork by these decisions, and the choice there; undefined without room for it. */
  grow(
    from: WayFork,
    first: number,
    decided: readonly Decided[],
  ): { readonly at: WayFork; readonly choice: number } | undefined {
    let at = from;
    let choice = first;
    for (const one of decided) {
      if (one.kind === FORK.route && one.choice >= MOST_ROUTES) return undefined;
      const next = at.nextOf(choice) ?? this.#make(one);
      if (next === undefined) return undefined;
      at.setNext(choice, next);
      at = next;
      choice = one.choice;
    }
    return { at, choice };
  }

  #make(one: Decided): WayFork | undefined {
    const { kind, index } = one;
    const other = kind === FORK.route ? MOST_ROUTES : this.#tracked;
    const choices = kind === FORK.index ? index!.size + 1 : other;
    if (choices > this.#left) return undefined;
    this.#left -= choices;
    return new WayFork(one, choices, this.#plain);
  }
}
