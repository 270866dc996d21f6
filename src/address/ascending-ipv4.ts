/** With fewer numbers than this nothing is gained by tables. */
const TABLED_FROM = 64;

/** Addresses with the same upper 16 bits among which more of the numbers lie than this have a table of their own. */
const DENSE_FROM = 8;

/** The middle bits that such a table tells apart, and those below them. */
const MIDDLE_BITS = 10;
const LOWER_BITS = 6;

/** One more, for where the last entry ends. */
const STRIDE = 2 ** MIDDLE_BITS + 1;

/** How many such tables there may be, 4 MiB. */
const MOST_TABLES = 1024;

/** Ascending IPv4 addresses as unsigned numbers, beginning with 0, among which others are found: mostly by two looks into tables and a step or two. */
export class AscendingIpv4 {
  readonly #numbers: Uint32Array;
  /** By the upper 16 bits the place of the last number that is not above any such address; below 0: -1 - the number of their own table. */
  readonly #upper: Int32Array | undefined;
  /** The same by the middle bits, table after table. */
  readonly #middle: Int32Array;

  constructor(numbers: Uint32Array) {
    this.#numbers = numbers;
    const isTabled = numbers.length >= TABLED_FROM;
    this.#upper = isTabled ? new Int32Array(2 ** 16 + 1) : undefined;
    this.#middle = this.#upper === undefined ? new Int32Array(0) : this.#fill(this.#upper);
  }

  /** The place of the last number that is not above the value. HOT */
  placeOf(value: number): number {
    const upper = this.#upper;
    const numbers = this.#numbers;
    let low = 0;
    let high = numbers.length - 1;
    if (upper !== undefined) {
      const block = value >>> 16;
      low = upper[block]!;
      if (low < 0) {
        const at = (-1 - low) * STRIDE + ((value >>> LOWER_BITS) & (STRIDE - 2));
        low = this.#middle[at]!;
        high = this.#middle[at + 1]!;
      } else {
        high = upper[block + 1]!;
        if (high < 0) high = this.#middle[(-1 - high) * STRIDE]!;
      }
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (numbers[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Fills the table of upper bits, and returns those of the middle ones. */
  #fill(upper: Int32Array): Int32Array {
    const numbers = this.#numbers;
    const tables: Int32Array[] = [];
    let at = 0;
    while (at < numbers.length) {
      const block = numbers[at]! >>> 16;
      let end = at + 1;
      while (end < numbers.length && numbers[end]! >>> 16 === block) end++;
      // The first address of the block has the number before, unless there is one of its own.
      const first = isFirst(numbers[at]!, 16) ? at : at - 1;
      const isDense = end - at > DENSE_FROM && tables.length < MOST_TABLES;
      if (isDense) tables.push(this.#tableOf(at, end, first));
      upper[block] = isDense ? -tables.length : first;
      upper.fill(end - 1, block + 1, end < numbers.length ? numbers[end]! >>> 16 : upper.length);
      at = end;
    }
    const all = new Int32Array(tables.length * STRIDE);
    for (let i = 0; i < tables.length; i++) all.set(tables[i]!, i * STRIDE);
    return all;
  }

  /** The table of a block, whose numbers are in the places from `from` on. */
  #tableOf(from: number, end: number, first: number): Int32Array {
    const numbers = this.#numbers;
    const table = new Int32Array(STRIDE);
    let filled = 0;
    for (let at = from; at < end; at++) {
      const number = numbers[at]!;
      const middle = (number >>> LOWER_BITS) & (STRIDE - 2);
      const next = isFirst(number, LOWER_BITS) ? middle : middle + 1;
      const before = at === from ? first : at - 1;
      while (filled < next) table[filled++] = before;
    }
    return table.fill(end - 1, filled);
  }
}

/** Whether the lower bits are 0. */
function isFirst(number: number, bits: number): boolean {
  return (number & ((1 << bits) - 1)) === 0;
}
