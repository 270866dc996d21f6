/** A range of unsigned 32-bit numbers, both ends in it. */
export interface ValueRange {
  readonly first: number;
  readonly last: number;
}

/** The numbers from 0 to 2^32 - 1, cut wherever one of some ranges begins or ends: all numbers of an interval are in the same ranges. */
export class ValueIntervals {
  /** The first number of each interval, ascending. */
  readonly #starts: Uint32Array;

  constructor(ranges: readonly ValueRange[]) {
    const starts = new Set([0]);
    for (const { first, last } of ranges) {
      starts.add(first);
      if (last < 0xffff_ffff) starts.add(last + 1);
    }
    this.#starts = Uint32Array.from(starts).sort();
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The first number of the interval with this index. */
  firstOf(index: number): number {
    return this.#starts[index]!;
  }

  /** The index of the interval that holds the number. HOT */
  indexOf(value: number): number {
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
