import { STATE } from './plain-layout.ts';
import type { PlainMemory } from './plain-memory.ts';
import { RECORD_SHIFT } from './record-layout.ts';

const BYTES = 1 << RECORD_SHIFT;
const WORDS: number = BYTES / 4;

/** The upper three words of both addresses of an IPv6 connection, the source's first. */
const UPPER_WORDS = 6;

const CHUNK_BITS = 13;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Records of connections in the memory that compiled code works on, which grows by chunks. A record is selected, and then lies in `words` from
 * `at` on; numbers with a fraction lie in `times`, the same bytes, at half the place. No record has the number 0.
 */
export class ConnectionRecords {
  at = 0;
  readonly #memory: PlainMemory;
  /** Numbers of the first records of chunks. */
  readonly #chunks: number[] = [];
  /** Of those that have IPv6 connections, by the upper bits of their numbers. */
  readonly #uppers: Map<number, Int32Array> = new Map();

  constructor(memory: PlainMemory) {
    this.#memory = memory;
  }

  /** Until memory grows, as it may whenever a record is made, or a flow is counted in the same memory. HOT */
  get words(): Int32Array {
    return this.#memory.words;
  }

  /** HOT */
  get times(): Float64Array {
    return this.#memory.numbers;
  }

  /** The number of the selected record. HOT */
  get selected(): number {
    return this.at / WORDS;
  }

  /** How many records have ever been made. */
  get end(): number {
    return this.#chunks.length * CHUNK - this.#memory.words[STATE.unusedRecords / 4]!;
  }

  /** The number of a record by its place among all, from 0. */
  recordAt(place: number): number {
    return this.#chunks[place >>> CHUNK_BITS]! + (place & (CHUNK - 1));
  }

  /** HOT */
  select(record: number): void {
    this.at = record * WORDS;
  }

  /** Where the upper words of an IPv6 connection's addresses stand, in `uppersOf` its record. */
  upperAt(record: number): number {
    return (record & (CHUNK - 1)) * UPPER_WORDS;
  }

  uppersOf(record: number): Int32Array {
    const upperBits = record >>> CHUNK_BITS;
    let uppers = this.#uppers.get(upperBits);
    if (uppers === undefined) {
      uppers = new Int32Array(CHUNK * UPPER_WORDS);
      this.#uppers.set(upperBits, uppers);
    }
    return uppers;
  }

  /** Selects a free record, all of whose words are 0 then, and returns its number. Compiled code does the same, as long as there are some. */
  make(): number {
    const { words } = this.#memory;
    const free = words[STATE.freeRecord / 4]!;
    if (free === 0) {
      const record = this.#makeAnother();
      this.select(record);
      return record;
    }
    this.select(free);
    words[STATE.freeRecord / 4] = words[this.at]!;
    words[this.at] = 0;
    return free;
  }

  /** Makes a record free. */
  free(record: number): void {
    this.select(record);
    const { words, at } = this;
    words.fill(0, at, at + WORDS);
    words[at] = words[STATE.freeRecord / 4]!;
    words[STATE.freeRecord / 4] = record;
  }

  #makeAnother(): number {
    const memory = this.#memory;
    if (memory.words[STATE.unusedRecords / 4] === 0) {
      const first = memory.allocate(CHUNK * BYTES) >>> RECORD_SHIFT;
      this.#chunks.push(first);
      memory.words[STATE.unusedRecord / 4] = first;
      memory.words[STATE.unusedRecords / 4] = CHUNK;
    }
    memory.words[STATE.unusedRecords / 4]!--;
    return memory.words[STATE.unusedRecord / 4]!++;
  }
}
