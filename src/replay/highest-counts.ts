/** The highest of many counts. */
export class HighestCounts {
  /** The lowest of the highest; 0 while there are fewer. */
  least = 0;
  /** Ascending. */
  readonly #counts: Float64Array;

  /** How many are asked for, one at least. */
  constructor(most: number) {
    this.#counts = new Float64Array(most);
  }

  add(count: number): void {
    if (count <= this.least) return;
    const counts = this.#counts;
    let at = 1;
    for (; at < counts.length && counts[at]! < count; at++) counts[at - 1] = counts[at]!;
    counts[at - 1] = count;
    this.least = counts[0]!;
  }
}
