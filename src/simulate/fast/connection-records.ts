/** Words of a record. What most packets need stands together in the first sixteen, one line of the processor's cache. */
export const FIELD = {
  /** The last word of each address; the others stand at the end. */
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port; of ICMP identifier and type << 8 | code. */
  keys: 2,
  /** Protocol << 8 | family; 0 for a free record. */
  kind: 3,
  hash: 4,
  /** Bits of FLAG. */
  flags: 5,
  /** TCP_STATE. */
  state: 6,
  /** Where packets of the original direction came in, plus 2; 0: not known yet. Then their outcomes plus 1, before an answer was seen and after. */
  originalIn: 7,
  originalAgain: 8,
  originalEstablished: 9,
  replyIn: 10,
  replyEstablished: 11,
  /** Four words for whoever counts. */
  owner: 12,
  /** Two words each, as one number with a fraction: when it expires; for UDP, from when it is a stream. */
  expiresAt: 16,
  streamFrom: 18,
  /** What TCP tracking remembers: `TCP_WORDS` words, of which UDP needs none. */
  tcp: 18,
  /** The upper three words of each IPv6 address. */
  sourceUpper: 40,
  destinationUpper: 43,
} as const;

export const FLAG = { seenReply: 1, assured: 2 } as const;

/** Words a record takes: three lines of the processor's cache. */
const WORDS = 48;

const CHUNK_BITS = 13;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Records of connections in typed arrays, which grow by chunks and are never copied. A record is selected, and then lies in `words` from
 * `at` on; numbers with a fraction lie in `times`, the same bytes, at half the place.
 */
export class ConnectionRecords {
  words: Int32Array = new Int32Array(0);
  times: Float64Array = new Float64Array(0);
  at = 0;
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
    this.words = this.#words[chunk]!;
    this.times = this.#times[chunk]!;
    this.at = (record & (CHUNK - 1)) * WORDS;
  }

  /** Reads of each of a record's lines of the cache. HOT */
  touch(record: number): number {
    const words = this.#words[record >>> CHUNK_BITS]!;
    const at = (record & (CHUNK - 1)) * WORDS;
    return words[at]! ^ words[at + 16]! ^ words[at + 32]!;
  }

  /** Selects a free record, all of whose words are 0, and returns its number. */
  make(): number {
    const record = this.#free.pop() ?? this.#used++;
    if (record >>> CHUNK_BITS === this.#words.length) {
      const bytes = new ArrayBuffer(CHUNK * WORDS * 4);
      this.#words.push(new Int32Array(bytes));
      this.#times.push(new Float64Array(bytes));
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
