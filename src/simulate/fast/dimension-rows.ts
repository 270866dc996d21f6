import type { Ranges } from './ranges.ts';

/** With fewer rows than this the row of a value is searched for, which takes less memory than knowing it for every value. */
const LISTED_FROM = 512;

/** As many as have a number of 16 bits. */
const MOST_LISTED = 2 ** 16;

/**
 * One dimension's values, cut into intervals in which each of some conditions holds for all values or for none. For each interval there is a row of bits, one
 * for each condition.
 */
export class DimensionRows {
  /** Words of a row. */
  readonly words: number;
  /** All rows, one after the other. */
  readonly bits: Int32Array;
  /** The first value of each row, ascending. */
  readonly #starts: Int32Array;
  /** For each value its row, where there are many rows. */
  readonly #listed: Uint16Array | undefined;

  /** `ranges` are what the conditions ask, undefined for nothing; values are below `values`. Undefined where the rows would have more than `most` words. */
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
    this.#listed =
      starts.length < LISTED_FROM || starts.length > MOST_LISTED
        ? undefined
        : listRows(starts, values);
    const words = (ranges.length + 31) >>> 5;
    const bits = new Int32Array(starts.length * words);
    const toggle = (value: number, number: number): void => {
      bits[this.rowOf(value) * words + (number >>> 5)]! ^= 1 << (number & 31);
    };
    ranges.forEach((one, number) => {
      if (one === undefined) toggle(0, number);
      else {
        for (let i = 0; i < one.length; i += 2) {
          toggle(one[i]!, number);
          if (one[i + 1]! + 1 < values) toggle(one[i + 1]! + 1, number);
        }
      }
    });
    // What a row has is what the row before has, but for the conditions that begin or end with it.
    for (let i = words; i < bits.length; i++) bits[i]! ^= bits[i - words]!;
    this.words = words;
    this.bits = bits;
  }

  get rows(): number {
    return this.#starts.length;
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
}

function listRows(starts: Int32Array, values: number): Uint16Array {
  const rows = new Uint16Array(values);
  starts.forEach((first, row) => {
    rows.fill(row, first, starts[row + 1] ?? values);
  });
  return rows;
}
