import { hashOfPorts } from '../simulate/fast/flow-headers.ts';
import { BIT_CLASSES, FLOW, OWN_CLASSES, STATE } from '../simulate/fast/plain-layout.ts';
import type { PlainMemory } from '../simulate/fast/plain-memory.ts';

/** Words of a flow's key: protocol and family, both ends' addresses, both ports. */
export const KEY_WORDS = { 4: 4, 6: 10 } as const;

/** Records of flows are made room for by so many together. */
const CHUNK = 1 << 13;

/** Places that a generation has from its first flow on; always a power of two. Nobody's memory until they are used. */
const FIRST_PLACES = { small: 1 << 10, large: 1 << 18 } as const;

/**
 * Flows of one family, found by open addressing, in the memory that compiled code works on. A record is its key and its classes, which stand together; its number is the
 * word at which it begins. Of the young generation of IPv4 compiled code is told, and adds flows as long as there is room for them.
 */
export class FlowGeneration {
  readonly #memory: PlainMemory;
  readonly #keyWords: 4 | 10;
  readonly #words: number;
  /** Where chunks of records begin, as words. */
  readonly #chunks: number[] = [];
  #count = 0;
  /** Where the places begin, as words: numbers of records, 0 where it is free. Twice as many as records at least. */
  #places = 0;
  #placeCount = 0;
  /** By record, the classes for which there is no room in it. */
  readonly #more: Map<number, Set<number>> = new Map();
  /** Whether compiled code adds flows too, as long as there are no more than so many. */
  #isShared = false;
  #most = 0;

  constructor(memory: PlainMemory, keyWords: 4 | 10) {
    this.#memory = memory;
    this.#keyWords = keyWords;
    this.#words = keyWords + 1 + OWN_CLASSES;
  }

  get count(): number {
    return this.#isShared ? this.#memory.words[STATE.flowCount / 4]! : this.#count;
  }

  /** Lets compiled code add flows, as long as there are no more than `most`. */
  share(most: number): void {
    this.#isShared = true;
    this.#most = most;
    this.#tell();
  }

  /** Keeps compiled code from adding flows; it looks for them here as in the older generation. */
  unshare(): void {
    this.#count = this.count;
    this.#isShared = false;
    const { words } = this.#memory;
    words[STATE.oldFlowPlaces / 4] = this.#places * 4;
    words[STATE.oldFlowPlaceMask / 4] = this.#placeCount - 1;
  }

  /** Forgets all flows, but keeps the memory. */
  clear(): void {
    const { words } = this.#memory;
    words.fill(0, this.#places, this.#places + this.#placeCount);
    for (const chunk of this.#chunks) words.fill(0, chunk, chunk + CHUNK * this.#words);
    this.#count = 0;
    this.#more.clear();
  }

  /** The record of the key; 0 when there is none. HOT */
  find(key: Int32Array, hash: number): number {
    const { words } = this.#memory;
    const mask = this.#placeCount - 1;
    if (mask < 0) return 0;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const record = words[this.#places + place]!;
      if (record === 0 || this.#isAt(record, key)) return record;
    }
  }

  /** INVARIANT: the key is not in it. HOT */
  add(key: Int32Array, hash: number): number {
    const { count } = this;
    if (count * 2 + 1 >= this.#placeCount) this.#grow();
    if (count === this.#chunks.length * CHUNK) {
      this.#chunks.push(this.#memory.allocate(CHUNK * this.#words * 4) / 4);
    }
    const record = this.#recordAt(count);
    const { words } = this.#memory;
    for (let i = 0; i < this.#keyWords; i++) words[record + i] = key[i]!;
    this.#link(record, hash);
    this.#count = count + 1;
    if (this.#isShared) this.#tell();
    return record;
  }

  /** Notes that the flow had a packet of the class; true the first time. HOT */
  addClass(record: number, number: number): boolean {
    const { words } = this.#memory;
    const bits = record + this.#keyWords;
    if (number < BIT_CLASSES) {
      const before = words[bits]!;
      words[bits] = before | (1 << number);
      return words[bits] !== before;
    }
    const from = bits + 1;
    // Numbers from 1, since 0 stands for nothing.
    const wanted = number + 1;
    for (let i = from; i < from + OWN_CLASSES; i++) {
      const noted = words[i]!;
      if (noted === wanted) return false;
      if (noted === 0) {
        words[i] = wanted;
        return true;
      }
    }
    const more = this.#more.get(record);
    if (more === undefined) this.#more.set(record, new Set([number]));
    else if (more.has(number)) return false;
    else more.add(number);
    return true;
  }

  /** Takes over what a flow's record in another generation has noted. */
  takeClasses(record: number, other: FlowGeneration, from: number): void {
    const { words } = this.#memory;
    const bits = from + this.#keyWords;
    words[record + this.#keyWords] = words[bits]!;
    const first = bits + 1;
    for (let i = first; i < first + OWN_CLASSES; i++) {
      if (words[i] !== 0) this.addClass(record, words[i]! - 1);
    }
    for (const number of other.#more.get(from) ?? []) this.addClass(record, number);
  }

  /** Tells compiled code where the next flow goes, and for how many there is room without a change here. */
  #tell(): void {
    const { words } = this.#memory;
    words[STATE.flowCount / 4] = this.#count;
    words[STATE.flowPlaces / 4] = this.#places * 4;
    words[STATE.flowPlaceMask / 4] = this.#placeCount - 1;
    // The next chunk lies elsewhere.
    const isFull = this.#count === this.#chunks.length * CHUNK;
    const inChunk = isFull ? 0 : CHUNK - (this.#count % CHUNK);
    const inPlaces = Math.floor((this.#placeCount - 1) / 2) - this.#count;
    words[STATE.flowRoom / 4] = Math.max(0, Math.min(inChunk, inPlaces, this.#most - this.#count));
    words[STATE.nextFlow / 4] = isFull ? 0 : this.#recordAt(this.#count) * 4;
  }

  #recordAt(place: number): number {
    return this.#chunks[Math.floor(place / CHUNK)]! + (place % CHUNK) * this.#words;
  }

  #isAt(record: number, key: Int32Array): boolean {
    const { words } = this.#memory;
    for (let i = 0; i < this.#keyWords; i++) if (words[record + i] !== key[i]) return false;
    return true;
  }

  /** As it was when the record was added. */
  #hashOf(record: number): number {
    const { words } = this.#memory;
    if (this.#keyWords === KEY_WORDS[6]) return hashOf(words, record, KEY_WORDS[6]);
    const ports = words[record + FLOW.ports]!;
    return hashOfPorts(
      words[record + FLOW.protocol]!,
      words[record + FLOW.lower]!,
      words[record + FLOW.upper]!,
      ports >>> 16,
      ports & 0xffff,
    );
  }

  #link(record: number, hash: number): void {
    const { words } = this.#memory;
    const mask = this.#placeCount - 1;
    let place = hash & mask;
    while (words[this.#places + place] !== 0) place = (place + 1) & mask;
    words[this.#places + place] = record;
  }

  #grow(): void {
    const { count } = this;
    this.#placeCount = Math.max(FIRST_PLACES[this.#memory.size], this.#placeCount * 2);
    this.#places = this.#memory.allocate(this.#placeCount * 4) / 4;
    for (let place = 0; place < count; place++) {
      const record = this.#recordAt(place);
      this.#link(record, this.#hashOf(record));
    }
  }
}

/** HOT */
export function hashOf(words: Int32Array, at: number, count: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = at; i < at + count; i++) {
    h = Math.imul(h ^ words[i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h, 0xc2b2ae35 | 0);
  return h ^ (h >>> 16);
}
