import { FIRST_FREE } from './plain-layout.ts';
import { type CodeMemory, webAssembly } from './web-assembly.ts';

/** Bytes of a page of memory, and the most pages that one can have. */
const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

/** What memory is made for: whether compiled code is to work on it, and how many connections and flows there may be. */
export interface MemoryUse {
  readonly runsCode: boolean;
  readonly size: 'small' | 'large';
}

/**
 * What memory begins with. A large one has room for as many connections as the kernel's table usually holds, which is nobody's memory until it is used: once an array has lost
 * its memory to a larger one, as happens when it grows, V8 works more slowly on all arrays. But V8 collects garbage the sooner the more there is of it, which shows where
 * many are made one after the other.
 */
const FIRST_PAGES = { small: 32, large: 1024 } as const;

/** Compiled code sees bytes in this order, arrays in the machine's: where these differ it cannot be used. */
const isLittleEndian: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Lines of the processor's cache, two of which a connection's record takes. */
const ALIGNMENT = 128;

/**
 * The memory that compiled code works on, and what else must be seen by it. The arrays are other ones after it has grown, so that none may be kept over a call that makes or walks
 * anything.
 */
export class PlainMemory {
  words: Int32Array;
  numbers: Float64Array;
  bytes: Uint8Array;
  /** What compiled code is given; undefined where it cannot run, or is not meant to. */
  readonly shared: CodeMemory | undefined;
  readonly size: MemoryUse['size'];
  /** The first address that is free. */
  #free: number = FIRST_FREE;
  readonly #shared: WeakMap<ArrayLike<number>, number> = new WeakMap();

  constructor({ runsCode, size }: MemoryUse = { runsCode: true, size: 'small' }) {
    this.size = size;
    this.shared = runsCode ? codeMemory(FIRST_PAGES[size]) : undefined;
    const buffer = this.shared?.buffer ?? new ArrayBuffer(FIRST_PAGES.small * PAGE_BYTES);
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** The address of so many bytes, all 0, which nobody else has. */
  allocate(lengthBytes: number): number {
    const address = Math.ceil(this.#free / ALIGNMENT) * ALIGNMENT;
    const end = address + lengthBytes;
    if (end > this.bytes.length) this.#grow(end);
    this.#free = end;
    return address;
  }

  /** The word from which on words stand that are copied into it; never 0. */
  place(words: ArrayLike<number>): number {
    const place = this.allocate(words.length * 4) / 4;
    this.words.set(words, place);
    return place;
  }

  /** As `place`, of words that many share and nobody changes, such as the ranges of a set that many rules name: placed once. */
  placeShared(words: ArrayLike<number>): number {
    const known = this.#shared.get(words);
    if (known !== undefined) return known;
    const place = this.place(words);
    this.#shared.set(words, place);
    return place;
  }

  #grow(leastBytes: number): void {
    const { length } = this.bytes;
    // Seldom, since it costs: by as much again.
    const wanted = Math.min(length * 2, MOST_PAGES * PAGE_BYTES);
    const grown = Math.ceil(Math.max(leastBytes, wanted) / PAGE_BYTES) * PAGE_BYTES;
    const { shared, bytes } = this;
    if (shared !== undefined) shared.grow((grown - length) / PAGE_BYTES);
    const buffer = shared?.buffer ?? new ArrayBuffer(grown);
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    this.bytes = new Uint8Array(buffer);
    if (shared === undefined) this.bytes.set(bytes);
  }
}

/** Memory of so many pages; undefined where there is no WebAssembly, or too little address space for the gigabytes that V8 sets aside. */
function codeMemory(pages: number): CodeMemory | undefined {
  if (!isLittleEndian || webAssembly === undefined) return undefined;
  try {
    return new webAssembly.Memory({ initial: pages });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
