import { splitWords, type WordPlace } from './split-words.ts';

/** The words of one rule, read from left to right. */
export class RuleWords {
  readonly words: readonly string[];
  at = 0;
  readonly #line: string;
  readonly #from: number;
  #places: WordPlace[] | undefined;

  /** `from` is where in the line the words begin. */
  constructor(line: string, from: number, words: readonly string[]) {
    this.words = words;
    this.#line = line;
    this.#from = from;
  }

  get hasMore(): boolean {
    return this.at < this.words.length;
  }

  /** How many words are left. */
  get left(): number {
    return this.words.length - this.at;
  }

  /** The words that come next, so many of them. */
  take(count: number): readonly string[] {
    this.at += count;
    return this.words.slice(this.at - count, this.at);
  }

  /** The word that comes next; empty at the end. */
  get next(): string {
    return this.words[this.at] ?? '';
  }

  /** Whether a word comes next that is neither an option nor a negation. */
  get hasValue(): boolean {
    return this.hasMore && !this.next.startsWith('-') && this.next !== '!';
  }

  /** Column in the line, from 1, of a word by its number. */
  columnOf(word: number): number {
    const places = this.#placesOfAll();
    const place = places[word] ?? places.at(-1);
    return this.#from + (place?.start ?? 0) + 1;
  }

  /** Some of the words as they were written. */
  textOf(words: readonly number[]): string {
    const places = this.#placesOfAll();
    return words
      .map((word) => {
        const { start = 0, end = 0 } = places[word] ?? {};
        return this.#line.slice(this.#from + start, this.#from + end);
      })
      .join(' ');
  }

  #placesOfAll(): readonly WordPlace[] {
    if (this.#places === undefined) {
      this.#places = [];
      splitWords(this.#line.slice(this.#from), this.#places);
    }
    return this.#places;
  }
}
