import type { HighestCounts } from './highest-counts.ts';

/** Places that a new table has; always a power of two, and twice as many as numbers at least. */
const FIRST_PLACES = 1 << 15;

/** Counts by 32-bit numbers, such as IPv4 addresses, in arrays: a Map takes several times as long. */
export class NumberCounts {
  size = 0;
  #numbers: Int32Array = new Int32Array(FIRST_PLACES);
  /** 0 where the place is free. */
  #counts: Float64Array = new Float64Array(FIRST_PLACES);

  /** Adds to the count of a number that is in the table; false where it is not. HOT */
  addTo(number: number, count: number): boolean {
    const place = this.#placeOf(number);
    if (this.#counts[place] === 0) return false;
    this.#counts[place]! += count;
    return true;
  }

  /** Puts a number in that is not in the table. `count` is above 0. */
  insert(number: number, count: number): void {
    if (this.size * 2 >= this.#numbers.length) this.#grow();
    const place = this.#placeOf(number);
    this.#numbers[place] = number;
    this.#counts[place] = count;
    this.size++;
  }

  /** Takes a count off from all, and leaves out those with no more than it. */
  reduce(count: number): void {
    const kept = [...this.entries()].filter(([, has]) => has > count);
    this.#numbers.fill(0);
    this.#counts.fill(0);
    this.size = 0;
    for (const [number, has] of kept) this.insert(number, has - count);
  }

  /** Numbers with their counts, in no order. */
  *entries(): Generator<readonly [number: number, count: number]> {
    for (let place = 0; place < this.#counts.length; place++) {
      if (this.#counts[place] !== 0) yield [this.#numbers[place]!, this.#counts[place]!];
    }
  }

  /** Tells of every count. */
  tell(highest: HighestCounts): void {
    const counts = this.#counts;
    for (let place = 0; place < counts.length; place++) {
      if (counts[place]! > highest.least) highest.add(counts[place]!);
    }
  }

  /** Numbers with their counts where these are no lower than `least`, in no order. */
  withAtLeast(least: number): readonly (readonly [number: number, count: number])[] {
    const found: (readonly [number, number])[] = [];
    const counts = this.#counts;
    for (let place = 0; place < counts.length; place++) {
      const count = counts[place]!;
      if (count !== 0 && count >= least) found.push([this.#numbers[place]!, count]);
    }
    return found;
  }

  /** The counts in ascending order. */
  sortedCounts(): Float64Array {
    return this.#counts.filter((count) => count !== 0).sort();
  }

  /** Where the number is, or would be. HOT */
  #placeOf(number: number): number {
    const numbers = this.#numbers;
    const counts = this.#counts;
    const mask = numbers.length - 1;
    let hash = Math.imul(number, 0x9e3779b1);
    hash ^= hash >>> 15;
    let place = hash & mask;
    while (counts[place] !== 0 && numbers[place] !== number) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const numbers = this.#numbers;
    const counts = this.#counts;
    this.#numbers = new Int32Array(numbers.length * 2);
    this.#counts = new Float64Array(counts.length * 2);
    for (let i = 0; i < numbers.length; i++) {
      if (counts[i] === 0) continue;
      const place = this.#placeOf(numbers[i]!);
      this.#numbers[place] = numbers[i]!;
      this.#counts[place] = counts[i]!;
    }
  }
}
