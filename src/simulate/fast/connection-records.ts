import type { PlainMemory } from './plain-memory.ts';

/** Words of a record. What every packet needs stands in the first half, one line of the processor's cache; what TCP tracking remembers in the other. */
export const FIELD = {
  /** The last word of each address; the others of IPv6 stand elsewhere. */
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port; of ICMP identifier and type << 8 | code. */
  keys: 2,
  /** Protocol << 8 | family; 0 for a free record. */
  kind: 3,
  hash: 4,
  /** Bits of FLAG, and above them TCP_STATE. */
  flags: 5,
  /** Two words, as one number with a fraction: when it expires. */
  expiresAt: 6,
  /** Where packets came in, plus 2, 0 where that is not known: of the original direction below ARRIVAL_BITS, of the other above. */
  arrivals: 8,
  /** Outcomes plus 1 of packets of the original direction before an answer was seen and after, and of the other; 0: not known yet. */
  originalAgain: 9,
  originalEstablished: 10,
  replyEstablished: 11,
  /** Four words for whoever counts. */
  owner: 12,
  /** `TCP_WORDS` words of a TCP connection. */
  tcp: 16,
  /** Of UDP: from when it is a stream, two words as one number with a fraction. */
  streamFrom: 16,
} as const;

export const FLAG = { seenReply: 1, assured: 2 } as const;

/** By how many bits TCP_STATE stands above the flags. */
export const STATE_SHIFT = 4;

/** Bits of `arrivals` for one direction. */
export const ARRIVAL_BITS = 16;
export const ARRIVAL_MASK: number = (1 << ARRIVAL_BITS) - 1;

/** A record's number is its address in memory without so many bits: its 32 words, two lines of the processor's cache, never lie across a third. */
export const RECORD_SHIFT = 7;

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
  /** Records that are free again. */
  readonly #free: number[] = [];
  #used = 0;

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
    return this.#used;
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

  /** Selects a free record, all of whose words are 0, and returns its number. */
  make(): number {
    const record = this.#free.pop() ?? this.#makeAnother();
    this.select(record);
    return record;
  }

  /** Makes a record free. */
  free(record: number): void {
    this.select(record);
    this.words.fill(0, this.at, this.at + WORDS);
    this.#free.push(record);
  }

  #makeAnother(): number {
    if (this.#used === this.#chunks.length * CHUNK) {
      this.#chunks.push(this.#memory.allocate(CHUNK * BYTES) >>> RECORD_SHIFT);
    }
    return this.recordAt(this.#used++);
  }
}

/** Where a record has the outcome of packets of its connection, by their direction and whether an answer had been seen. HOT */
export function knownOutcome(isReply: boolean, isAnswered: boolean): number {
  if (isReply) return FIELD.replyEstablished;
  return isAnswered ? FIELD.originalEstablished : FIELD.originalAgain;
}
