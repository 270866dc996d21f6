import type { PlainMemory } from './plain-memory.ts';
import type { Ranges } from './ranges.ts';

/** With fewer rows than this the row of a value is searched for, which takes less memory than knowing it for every value. */
const LISTED_FROM = 512;

/** As many as have a number of 16 bits. */
const MOST_LISTED = 2 ** 16;

/** One dimension's values, cut into rows wherever a range begins or ends: all values of a row are in the same ranges. */
export class ValueRows {
  readonly count: number;
  /** The first value of each row, ascending. */
  readonly #starts: Int32Array;
  /** For each value its row, where there are many rows. */
  readonly #listed: Uint16Array | undefined;

  /** Values are below `values`. */
  constructor(all: readonly Ranges[], values: number) {
    const starts = startsOf(all, values);
    this.#starts = starts;
    this.count = starts.length;
    const isListed = starts.length >= LISTED_FROM && starts.length <= MOST_LISTED;
    this.#listed = isListed ? listRows(starts, values) : undefined;
  }

  /** The place of the first value of each row, as compiled code searches them. */
  placeIn(memory: PlainMemory): number {
    return memory.place(this.#starts);
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

function startsOf(all: readonly Ranges[], values: number): Int32Array {
  let most = 1;
  for (let i = 0; i < all.length; i++) most += all[i]!.length;
  const starts = new Int32Array(most);
  let count = 1;
  for (let i = 0; i < all.length; i++) {
    const ranges = all[i]!;
    for (let j = 0; j < ranges.length; j += 2) {
      starts[count++] = ranges[j]!;
      const next = ranges[j + 1]! + 1;
      if (next < values) starts[count++] = next;
    }
  }
  const sorted = starts.subarray(0, count).sort();
  let distinct = 1;
  for (let i = 1; i < count; i++) {
    if (sorted[i] !== sorted[distinct - 1]) sorted[distinct++] = sorted[i]!;
  }
  return sorted.slice(0, distinct);
}

function listRows(starts: Int32Array, values: number): Uint16Array {
  const rows = new Uint16Array(values);
  // The first row is filled with 0 already.
  for (let row = 1; row < starts.length; row++) {
    const next = row + 1 < starts.length ? starts[row + 1]! : values;
    if (next === starts[row]! + 1) rows[next - 1] = row;
    else rows.fill(row, starts[row]!, next);
  }
  return rows;
}
