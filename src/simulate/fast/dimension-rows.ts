import type { Ranges } from './ranges.ts';
import { ValueRows } from './value-rows.ts';

/** For each row of one dimension's values a row of bits, one for each of some conditions: whether it holds for them. */
export class DimensionRows {
  readonly #rows: ValueRows;
  /** Words of a row. */
  readonly words: number;
  /** All rows, one after the other. */
  readonly bits: Int32Array;

  /** `ranges` are what the conditions ask, undefined for nothing; values are below `values`. Undefined where the rows would have more than `most` words. */
  static of(
    ranges: readonly (Ranges | undefined)[],
    values: number,
    most: number,
  ): DimensionRows | undefined {
    const rows = new ValueRows(
      ranges.filter((one) => one !== undefined),
      values,
    );
    const words = (ranges.length + 31) >>> 5;
    return rows.count * words > most ? undefined : new DimensionRows(rows, ranges, values);
  }

  private constructor(rows: ValueRows, ranges: readonly (Ranges | undefined)[], values: number) {
    this.#rows = rows;
    const words = (ranges.length + 31) >>> 5;
    const bits = new Int32Array(rows.count * words);
    const toggle = (value: number, number: number): void => {
      bits[rows.rowOf(value) * words + (number >>> 5)]! ^= 1 << (number & 31);
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
    return this.#rows.count;
  }

  /** HOT */
  rowOf(value: number): number {
    return this.#rows.rowOf(value);
  }
}
