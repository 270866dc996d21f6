import { DIMENSIONS, type HeaderConditions } from './header-conditions.ts';
import type { PlainMemory } from './plain-memory.ts';
import { isInRanges, type Ranges } from './ranges.ts';
import { ASKS, GAP_WORDS, INDEX, TEST_WORDS } from './ways-layout.ts';

/** The headers that conditions are asked of; addresses as the numbers of the intervals that they lie in. */
export interface HeaderValues {
  /** Another for each packet. */
  readonly serial: number;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  /** The destination port, or ICMP's type and code. */
  readonly key: number;
}

const ANY = 0x7fff_ffff;

/** Conditions as arrays, to be asked one after the other. */
export class ConditionTests {
  readonly #conditions: readonly HeaderConditions[];
  readonly #words: Int32Array;
  /** Whether something between first and last is not asked for. */
  readonly #hasGaps: Uint8Array;
  // An address costs a search, so that none is looked at where nobody asks.
  #asksSource = false;
  #asksDestination = false;

  constructor(conditions: readonly HeaderConditions[]) {
    this.#conditions = conditions;
    const words = new Int32Array(conditions.length * TEST_WORDS);
    this.#words = words;
    this.#hasGaps = new Uint8Array(conditions.length);
    for (let i = 0; i < conditions.length; i++) {
      const { key, source, destination, sourcePort } = conditions[i]!;
      const at = i * TEST_WORDS;
      const gaps =
        enclose(words, at, key) +
        enclose(words, at + 2, source) +
        enclose(words, at + 4, destination) +
        enclose(words, at + 6, sourcePort);
      if (gaps > 0) this.#hasGaps[i] = 1;
      if (source !== undefined) this.#asksSource = true;
      if (destination !== undefined) this.#asksDestination = true;
    }
  }

  /** Whether headers meet the condition with a number. HOT */
  meets(number: number, headers: HeaderValues): boolean {
    const words = this.#words;
    const at = number * TEST_WORDS;
    const { key, sourcePort } = headers;
    if (key < words[at]! || key > words[at + 1]!) return false;
    if (this.#asksSource) {
      const { source } = headers;
      if (source < words[at + 2]! || source > words[at + 3]!) return false;
    }
    if (this.#asksDestination) {
      const { destination } = headers;
      if (destination < words[at + 4]! || destination > words[at + 5]!) return false;
    }
    if (sourcePort < words[at + 6]! || sourcePort > words[at + 7]!) return false;
    return this.#hasGaps[number] === 0 || this.#meetsParts(number, headers);
  }

  /** Writes for compiled code what it asks of headers, into the words of an index. */
  placeIn(memory: PlainMemory, index: number): void {
    const tests = memory.place(this.#words);
    const withGaps = this.#conditions.filter((_, number) => this.#hasGaps[number] !== 0);
    const gaps = memory.place(withGaps.flatMap((one) => gapsOf(memory, one)));
    let next = gaps;
    const places = memory.place(
      this.#conditions.map((_, number) => {
        if (this.#hasGaps[number] === 0) return 0;
        next += GAP_WORDS;
        return next - GAP_WORDS;
      }),
    );
    const { words } = memory;
    words[index + INDEX.tests] = tests;
    words[index + INDEX.gaps] = places;
    words[index + INDEX.asks] =
      (this.#asksSource ? ASKS.source : 0) | (this.#asksDestination ? ASKS.destination : 0);
  }

  /** HOT */
  #meetsParts(number: number, headers: HeaderValues): boolean {
    const one = this.#conditions[number]!;
    return (
      holds(one.key, headers.key) &&
      (one.source === undefined || holds(one.source, headers.source)) &&
      (one.destination === undefined || holds(one.destination, headers.destination)) &&
      holds(one.sourcePort, headers.sourcePort)
    );
  }
}

/** Where what a condition asks in each dimension stands, and how many ranges: GAP_WORDS words. */
function gapsOf(memory: PlainMemory, condition: HeaderConditions): readonly number[] {
  return DIMENSIONS.flatMap((dimension) => {
    const ranges = condition[dimension];
    // Of one range first and last say everything.
    if (ranges === undefined || ranges.length <= 2) return [0, 0];
    return [memory.placeShared(ranges), ranges.length / 2];
  });
}

/** Writes first and last of ranges; returns how many gaps are between. */
function enclose(words: Int32Array, at: number, ranges: Ranges | undefined): number {
  if (ranges === undefined) {
    words[at + 1] = ANY;
    return 0;
  }
  const { length } = ranges;
  words[at] = length === 0 ? 1 : ranges[0]!;
  words[at + 1] = length === 0 ? 0 : ranges[length - 1]!;
  return Math.max(0, length / 2 - 1);
}

/** Whether a value is in what is asked for. HOT */
export function holds(ranges: Ranges | undefined, value: number): boolean {
  return ranges === undefined || isInRanges(ranges, value);
}
