/** What a generator makes its choices with: the same seed makes the same choices on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    [this.#a, this.#b, this.#c] = hash(seed);
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** A whole number from 0 up to and without `end`, which is at most 2^32. */
  below(end: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * end);
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of a list that is not empty. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.below(from.length)] as T;
  }

  /** One of the keys, each as likely as its weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error('no weight is above 0');
  }

  /** Between `least` and `most` different ones of a list, in the list's order. */
  some<T>(from: readonly T[], least: number, most: number): readonly T[] {
    const wanted = Math.min(from.length, least + this.below(most - least + 1));
    const taken = new Set<number>();
    while (taken.size < wanted) taken.add(this.below(from.length));
    return from.filter((_, index) => taken.has(index));
  }

  /** What `make` makes in so many of a hundred cases, else undefined. */
  maybe<T>(percent: number, make: () => T): T | undefined {
    return this.chance(percent) ? make() : undefined;
  }

  /** 32 random bits. Source: sfc32 of PractRand, by Chris Doty-Humphrey (public domain). */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** Three words of a text, by FNV-1a from three starts. */
function hash(text: string): [number, number, number] {
  const word = (start: number): number => {
    let value = start;
    for (let i = 0; i < text.length; i++) {
      value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    }
    return value | 0;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x243f6a88)];
}
