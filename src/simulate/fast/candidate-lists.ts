import { DIMENSIONS, type Dimension } from './header-conditions.ts';
import type { PlainMemory } from './plain-memory.ts';
import type { Ranges } from './ranges.ts';
import { ValueRows } from './value-rows.ts';
import { LIST } from './ways-layout.ts';

/** A condition that holds in more rows than this is left out: lists of many such would take more memory than rows of bits. */
const MOST_ROWS = 256;

/** For each row of one dimension's values the conditions that hold there, by their numbers, ascending. */
export class CandidateLists {
  readonly dimension: Dimension;
  /** The conditions that hold in too many rows, ascending; they are in none of the lists. */
  readonly left: readonly number[];
  readonly #rows: ValueRows;
  /** Where each row's list begins. */
  readonly #starts: Int32Array;
  readonly #numbers: Int32Array;

  /** `asked` is what the conditions with these numbers, ascending, ask of the dimension, whose values are below `values`. */
  constructor(
    dimension: Dimension,
    numbers: readonly number[],
    asked: readonly Ranges[],
    values: number,
  ) {
    this.dimension = dimension;
    const rows = new ValueRows(asked, values);
    this.#rows = rows;
    // First row and row behind the last of each range.
    let ends = 0;
    for (let i = 0; i < asked.length; i++) ends += asked[i]!.length;
    const found = new Int32Array(ends);
    const starts = new Int32Array(rows.count + 1);
    const left: number[] = [];
    const isLeft = new Uint8Array(numbers.length);
    let at = 0;
    for (let i = 0; i < asked.length; i++) {
      const from = at;
      at = placeRanges(rows, asked[i]!, found, at);
      if (rowsIn(found, from, at) > MOST_ROWS) {
        isLeft[i] = 1;
        left.push(numbers[i]!);
      } else countRows(found, from, at, starts);
    }
    for (let row = 0; row < rows.count; row++) starts[row + 1]! += starts[row]!;
    const listed = new Int32Array(starts[rows.count]!);
    const next = starts.slice(0, rows.count);
    at = 0;
    for (let i = 0; i < asked.length; i++) {
      const end = at + asked[i]!.length;
      for (; at < end; at += 2) {
        if (isLeft[i] === 1) continue;
        for (let row = found[at]!; row < found[at + 1]!; row++) listed[next[row]!++] = numbers[i]!;
      }
    }
    this.left = left;
    this.#starts = starts;
    this.#numbers = listed;
  }

  /** How many rows there are. */
  get rowCount(): number {
    return this.#rows.count;
  }

  /** Writes them for compiled code, from a word on. */
  placeIn(memory: PlainMemory, at: number): void {
    const rows = this.#rows.placeIn(memory);
    const starts = memory.place(this.#starts);
    const numbers = memory.place(this.#numbers);
    const { words } = memory;
    words[at + LIST.dimension] = DIMENSIONS.indexOf(this.dimension);
    words[at + LIST.rows] = rows;
    words[at + LIST.rowCount] = this.rowCount;
    words[at + LIST.starts] = starts;
    words[at + LIST.numbers] = numbers;
  }

  /** HOT */
  rowOf(value: number): number {
    return this.#rows.rowOf(value);
  }

  /** Where the row's list begins; it ends where the next one's begins. HOT */
  startOf(row: number): number {
    return this.#starts[row]!;
  }

  /** HOT */
  numberAt(place: number): number {
    return this.#numbers[place]!;
  }

  /** The conditions of a row. */
  listOf(row: number): Int32Array {
    return this.#numbers.subarray(this.#starts[row]!, this.#starts[row + 1]!);
  }
}

/** Writes each range's first row and the one behind its last from a place on; returns the place behind them. */
function placeRanges(rows: ValueRows, ranges: Ranges, found: Int32Array, from: number): number {
  let at = from;
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i]!;
    const last = ranges[i + 1]!;
    const row = rows.rowOf(first);
    found[at++] = row;
    found[at++] = (last === first ? row : rows.rowOf(last)) + 1;
  }
  return at;
}

function rowsIn(found: Int32Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i += 2) count += found[i + 1]! - found[i]!;
  return count;
}

/** Counts a row's conditions in the place behind its own. */
function countRows(found: Int32Array, from: number, to: number, counts: Int32Array): void {
  for (let i = from; i < to; i += 2) {
    for (let row = found[i]!; row < found[i + 1]!; row++) counts[row + 1]!++;
  }
}
