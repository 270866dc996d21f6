/** Words of a record. Addresses have four each, the unused ones 0. */
export const FIELD = {
  source: 0,
  destination: 4,
  /** Source port << 16 | destination port; of ICMP identifier and type << 8 | code. */
  keys: 8,
  /** Protocol << 8 | family. */
  kind: 9,
  hash: 10,
  /** Bits of FLAG. */
  flags: 11,
  /** TCP_STATE. */
  state: 12,
  /** Where packets of the original direction came in, plus 2; 0: not known yet. Then their outcomes plus 1, before an answer was seen and after. */
  originalIn: 13,
  originalAgain: 14,
  originalEstablished: 15,
  replyIn: 16,
  replyEstablished: 17,
  /** Four words for whoever counts. */
  owner: 18,
  /** What TCP tracking remembers: `TCP_WORDS` words. */
  tcp: 22,
} as const;

export const FLAG = { seenReply: 1, assured: 2 } as const;

/** Words a record takes. */
const WORDS = 44;

/** Numbers with a fraction that a record has: when it expires, its timeout, from when it is a stream. */
export const TIME = { expiresAt: 0, timeout: 1, streamFrom: 2 } as const;

const TIMES = 3;

const CHUNK_BITS = 13;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Records of connections in typed arrays, which grow by chunks and are never copied. A record is selected, and then lies in `words` from
 * `at` on and in `times` from `timeAt` on.
 */
export class ConnectionRecords {
  words: Int32Array = new Int32Array(0);
  at = 0;
  times: Float64Array = new Float64Array(0);
  timeAt = 0;
  readonly #words: Int32Array[] = [];
  readonly #times: Float64Array[] = [];
  /** Records that are free again. */
  readonly #free: number[] = [];
  #used = 0;

  /** How many records have ever been made; their numbers are below. */
  get end(): number {
    return this.#used;
  }

  /** HOT */
  select(record: number): void {
    const chunk = record >>> CHUNK_BITS;
    const place = record & (CHUNK - 1);
    this.words = this.#words[chunk]!;
    this.at = place * WORDS;
    this.times = this.#times[chunk]!;
    this.timeAt = place * TIMES;
  }

  /** Selects a free record, all of whose words are 0, and returns its number. */
  make(): number {
    const record = this.#free.pop() ?? this.#used++;
    if (record >>> CHUNK_BITS === this.#words.length) {
      this.#words.push(new Int32Array(CHUNK * WORDS));
      this.#times.push(new Float64Array(CHUNK * TIMES));
    }
    this.select(record);
    return record;
  }

  /** Makes a record free. */
  free(record: number): void {
    this.select(record);
    this.words.fill(0, this.at, this.at + WORDS);
    this.#free.push(record);
  }
}
