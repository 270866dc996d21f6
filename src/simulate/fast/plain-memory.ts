import { FIRST_FREE } from './plain-layout.ts';
import { type CodeMemory, webAssembly } from './web-assembly.ts';

/** Bytes of a page of memory. */
const PAGE_BYTES = 65_536;

/**
 * Room for as many connections as the kernel's table usually holds. It is nobody's memory until it is used; but once an array has lost its memory to a larger one,
 * as happens when it grows, V8 works more slowly on all arrays.
 */
const FIRST_PAGES = 1024;

/** Compiled code sees bytes in this order, arrays in the machine's: where these differ it cannot be used. */
export const isLittleEndian: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Lines of the processor's cache, two of which a connection's record takes. */
const ALIGNMENT = 128;

/** The memory that compiled code works on, and what else must be seen by it. The arrays are other ones after it has grown. */
export class PlainMemory {
  words: Int32Array;
  numbers: Float64Array;
  bytes: Uint8Array;
  readonly memory: CodeMemory;
  /** The first address that is free. */
  #free: number = FIRST_FREE;

  constructor() {
    this.memory = new webAssembly.Memory({ initial: FIRST_PAGES });
    const { buffer } = this.memory;
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** The address of so many bytes, all 0, which nobody else has. */
  allocate(lengthBytes: number): number {
    const address = Math.ceil(this.#free / ALIGNMENT) * ALIGNMENT;
    this.#free = address + lengthBytes;
    const missing = this.#free - this.bytes.length;
    if (missing > 0) {
      // Seldom, since it costs: by as much again.
      this.memory.grow(Math.ceil(Math.max(missing, this.bytes.length) / PAGE_BYTES));
      const { buffer } = this.memory;
      this.words = new Int32Array(buffer);
      this.numbers = new Float64Array(buffer);
      this.bytes = new Uint8Array(buffer);
    }
    return address;
  }
}
