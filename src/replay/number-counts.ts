import { TALKER, TALKER_WORDS, TALKERS } from '../simulate/fast/plain-layout.ts';
import type { PlainMemory } from '../simulate/fast/plain-memory.ts';
import type { HighestCounts } from './highest-counts.ts';

/** Places that a new table has; always a power of two, and twice as many as numbers at least. */
const FIRST_PLACES = { small: 1 << 8, large: 1 << 15 } as const;

/**
 * Counts by 32-bit numbers, such as IPv4 addresses, in the memory that compiled code works on, which counts too as long as there is room: a Map takes several
 * times as long.
 */
export class NumberCounts {
  readonly #memory: PlainMemory;
  /** The word from which on TALKERS stand. */
  readonly #table: number;
  #most = 0;

  /** `table`: the address where TALKERS stand, one of those in STATE. */
  constructor(memory: PlainMemory, table: number) {
    this.#memory = memory;
    this.#table = table / 4;
    this.#begin(FIRST_PLACES[memory.size]);
  }

  get size(): number {
    return this.#memory.words[this.#table + TALKERS.size]!;
  }

  /** Lets compiled code put numbers in up to so many. */
  set most(most: number) {
    this.#most = most;
    this.#tellRoom();
  }

  /** Adds to the count of a number that is in the table; false where it is not. HOT */
  addTo(number: number, count: number): boolean {
    const at = this.#placeOf(number);
    const { numbers } = this.#memory;
    if (numbers[at + TALKER.count / 2] === 0) return false;
    numbers[at + TALKER.count / 2]! += count;
    return true;
  }

  /** Puts a number in that is not in the table. `count` is above 0. */
  insert(number: number, count: number): void {
    if (this.size * 2 >= this.#places) this.#grow();
    this.#put(number, count);
    this.#memory.words[this.#table + TALKERS.size]!++;
    this.#tellRoom();
  }

  /** Takes a count off from all, and leaves out those with no more than it. */
  reduce(count: number): void {
    const kept = this.withAtLeast(0).filter(([, has]) => has > count);
    const { words } = this.#memory;
    const first = this.#first * 2;
    words.fill(0, first, first + this.#places * TALKER_WORDS);
    words[this.#table + TALKERS.size] = kept.length;
    for (const [number, has] of kept) this.#put(number, has - count);
    this.#tellRoom();
  }

  /** Tells of every count. */
  tell(highest: HighestCounts): void {
    const { numbers } = this.#memory;
    for (let place = 0; place < this.#places; place++) {
      const count = numbers[this.#at(place) + TALKER.count / 2]!;
      if (count > highest.least) highest.add(count);
    }
  }

  /** Numbers with their counts where these are no lower than `least`, in no order. */
  withAtLeast(least: number): readonly (readonly [number: number, count: number])[] {
    const found: (readonly [number, number])[] = [];
    const { words, numbers } = this.#memory;
    for (let place = 0; place < this.#places; place++) {
      const at = this.#at(place);
      const count = numbers[at + TALKER.count / 2]!;
      if (count !== 0 && count >= least) found.push([words[at * 2 + TALKER.number]!, count]);
    }
    return found;
  }

  /** The counts in ascending order. */
  sortedCounts(): Float64Array {
    return Float64Array.from(this.withAtLeast(0), ([, count]) => count).sort();
  }

  /** Where places begin, in `numbers` of the memory. */
  get #first(): number {
    return (this.#memory.words[this.#table + TALKERS.places]! >>> 0) / 8;
  }

  get #places(): number {
    return this.#memory.words[this.#table + TALKERS.mask]! + 1;
  }

  #at(place: number): number {
    return this.#first + (place * TALKER_WORDS) / 2;
  }

  /** Where in `numbers` of the memory the number's place is, or would be. HOT */
  #placeOf(number: number): number {
    const { words, numbers } = this.#memory;
    const mask = words[this.#table + TALKERS.mask]!;
    const first = this.#first;
    let hash = Math.imul(number, 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const at = first + (place * TALKER_WORDS) / 2;
      if (numbers[at + TALKER.count / 2] === 0 || words[at * 2 + TALKER.number] === number) {
        return at;
      }
    }
  }

  #put(number: number, count: number): void {
    const at = this.#placeOf(number);
    this.#memory.words[at * 2 + TALKER.number] = number;
    this.#memory.numbers[at + TALKER.count / 2] = count;
  }

  #begin(places: number): void {
    const address = this.#memory.allocate(places * TALKER_WORDS * 4);
    const { words } = this.#memory;
    words[this.#table + TALKERS.places] = address;
    words[this.#table + TALKERS.mask] = places - 1;
    this.#tellRoom();
  }

  #grow(): void {
    const all = this.withAtLeast(0);
    this.#begin(this.#places * 2);
    for (const [number, count] of all) this.#put(number, count);
  }

  /** Tells compiled code how many numbers it may put in. */
  #tellRoom(): void {
    const { words } = this.#memory;
    const room = Math.min(this.#most, this.#places / 2) - this.size;
    words[this.#table + TALKERS.room] = Math.max(0, room);
  }
}
