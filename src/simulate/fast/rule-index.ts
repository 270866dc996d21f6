import type { HeaderConditions } from './header-conditions.ts';
import { isInRanges, type Ranges } from './ranges.ts';

/** Fewer rules than this are asked one by one. */
const INDEXED_FROM = 48;

/** With fewer rows than this the row of a value is searched for, which takes less memory than knowing it for every value. */
const LISTED_FROM = 512;

/** How many words the rows of one dimension may have, 16 MiB; a dimension that needs more is asked rule by rule. */
const MOST_WORDS = 2 ** 22;

const DIMENSIONS = ['source', 'destination', 'sourcePort', 'key'] as const;

/** How many values the dimensions have: of addresses the intervals, of ports and ICMP types all. */
export interface DimensionSizes {
  readonly addresses: number;
}

const PORTS = 65_536;

/**
 * Finds the first of some conditions that headers meet, without asking those that they do not meet: for each interval of a dimension
 * there is a row of bits, one for each condition in order, and a second, shorter one with a bit for each word of the first that is not 0.
 */
export class RuleIndex {
  readonly #conditions: readonly HeaderConditions[];
  readonly #rows: readonly (DimensionRows | undefined)[];
  /** Dimensions that some condition asks about and that have no rows. */
  readonly #unindexed: readonly boolean[];
  readonly #words: number;

  constructor(conditions: readonly HeaderConditions[], sizes: DimensionSizes) {
    this.#conditions = conditions;
    this.#words = (conditions.length + 31) >>> 5;
    const worth = conditions.length >= INDEXED_FROM;
    this.#rows = DIMENSIONS.map((dimension, i) => {
      const ranges = conditions.map((one) => one[dimension]);
      if (!worth || ranges.every((one) => one === undefined)) return undefined;
      return DimensionRows.of(ranges, i < 2 ? sizes.addresses : PORTS, MOST_WORDS);
    });
    this.#unindexed = DIMENSIONS.map(
      (dimension, i) =>
        this.#rows[i] === undefined && conditions.some((one) => one[dimension] !== undefined),
    );
  }

  /** The first condition from `from` on that the headers meet; -1 where they meet none. HOT */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over words that all four dimensions share
  find(from: number, source: number, destination: number, sourcePort: number, key: number): number {
    const [sources, destinations, sourcePorts, keys] = this.#rows as [
      DimensionRows?,
      DimensionRows?,
      DimensionRows?,
      DimensionRows?,
    ];
    const s = sources === undefined ? 0 : sources.rowOf(source);
    const d = destinations === undefined ? 0 : destinations.rowOf(destination);
    const p = sourcePorts === undefined ? 0 : sourcePorts.rowOf(sourcePort);
    const k = keys === undefined ? 0 : keys.rowOf(key);
    const words = this.#words;
    for (let top = from >>> 10; top << 5 < words; top++) {
      let summary = -1;
      if (sources !== undefined) summary &= sources.summary(s, top);
      if (destinations !== undefined) summary &= destinations.summary(d, top);
      if (sourcePorts !== undefined) summary &= sourcePorts.summary(p, top);
      if (keys !== undefined) summary &= keys.summary(k, top);
      while (summary !== 0) {
        const word = (top << 5) + 31 - Math.clz32(summary & -summary);
        summary &= summary - 1;
        if (word >= words) break;
        if (word < from >>> 5) continue;
        let bits = -1;
        if (sources !== undefined) bits &= sources.bits(s, word);
        if (destinations !== undefined) bits &= destinations.bits(d, word);
        if (sourcePorts !== undefined) bits &= sourcePorts.bits(p, word);
        if (keys !== undefined) bits &= keys.bits(k, word);
        if (word === from >>> 5) bits &= -1 << (from & 31);
        while (bits !== 0) {
          const found = (word << 5) + 31 - Math.clz32(bits & -bits);
          bits &= bits - 1;
          if (found >= this.#conditions.length) return -1;
          if (this.#meets(found, source, destination, sourcePort, key)) return found;
        }
      }
    }
    return -1;
  }

  /** Whether headers meet what the rows do not say of a condition. HOT */
  #meets(
    number: number,
    source: number,
    destination: number,
    sourcePort: number,
    key: number,
  ): boolean {
    const asked = this.#unindexed;
    const one = this.#conditions[number]!;
    return (
      (!asked[0] || holds(one.source, source)) &&
      (!asked[1] || holds(one.destination, destination)) &&
      (!asked[2] || holds(one.sourcePort, sourcePort)) &&
      (!asked[3] || holds(one.key, key))
    );
  }
}

function holds(ranges: Ranges | undefined, value: number): boolean {
  return ranges === undefined || isInRanges(ranges, value);
}

/** The rows of one dimension: values are cut into intervals in which every condition holds for all values or for none. */
class DimensionRows {
  /** The first value of each row, ascending. */
  readonly #starts: Int32Array;
  /** For each value its row, where there are many rows. */
  readonly #listed: Int32Array | undefined;
  readonly #words: number;
  readonly #bits: Int32Array;
  readonly #tops: number;
  readonly #summaries: Int32Array;

  /** Undefined where the rows would have more than `most` words. */
  static of(
    ranges: readonly (Ranges | undefined)[],
    values: number,
    most: number,
  ): DimensionRows | undefined {
    const starts = new Set([0]);
    for (const one of ranges) {
      if (one === undefined) continue;
      for (let i = 0; i < one.length; i += 2) {
        starts.add(one[i]!);
        if (one[i + 1]! + 1 < values) starts.add(one[i + 1]! + 1);
      }
    }
    const words = (ranges.length + 31) >>> 5;
    if (starts.size * words > most) return undefined;
    return new DimensionRows(ranges, Int32Array.from(starts).sort(), values);
  }

  private constructor(ranges: readonly (Ranges | undefined)[], starts: Int32Array, values: number) {
    this.#starts = starts;
    this.#listed = starts.length < LISTED_FROM ? undefined : listRows(starts, values);
    const words = (ranges.length + 31) >>> 5;
    const bits = new Int32Array(starts.length * words);
    ranges.forEach((one, number) => {
      const word = number >>> 5;
      const bit = 1 << (number & 31);
      if (one === undefined) bits[word]! ^= bit;
      else this.#toggle(one, values, bits, words, word, bit);
    });
    // What a row has is what the row before has, but for the conditions that begin or end with it.
    for (let i = words; i < bits.length; i++) bits[i]! ^= bits[i - words]!;
    this.#words = words;
    this.#bits = bits;
    this.#tops = (words + 31) >>> 5;
    this.#summaries = summarise(bits, words);
  }

  /** HOT */
  rowOf(value: number): number {
    const listed = this.#listed;
    if (listed !== undefined) return listed[value]!;
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  bits(row: number, word: number): number {
    return this.#bits[row * this.#words + word]!;
  }

  summary(row: number, top: number): number {
    return this.#summaries[row * this.#tops + top]!;
  }

  #toggle(
    ranges: Ranges,
    values: number,
    bits: Int32Array,
    words: number,
    word: number,
    bit: number,
  ): void {
    for (let i = 0; i < ranges.length; i += 2) {
      bits[this.rowOf(ranges[i]!) * words + word]! ^= bit;
      const next = ranges[i + 1]! + 1;
      if (next < values) bits[this.rowOf(next) * words + word]! ^= bit;
    }
  }
}

function listRows(starts: Int32Array, values: number): Int32Array {
  const rows = new Int32Array(values);
  starts.forEach((first, row) => {
    rows.fill(row, first, starts[row + 1] ?? values);
  });
  return rows;
}

function summarise(bits: Int32Array, words: number): Int32Array {
  const tops = (words + 31) >>> 5;
  const rows = bits.length / words;
  const summaries = new Int32Array(rows * tops);
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < words; word++) {
      if (bits[row * words + word] !== 0) {
        summaries[row * tops + (word >>> 5)]! |= 1 << (word & 31);
      }
    }
  }
  return summaries;
}
