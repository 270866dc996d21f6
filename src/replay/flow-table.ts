import { hashOfPorts } from '../simulate/fast/flow-headers.ts';

/** Flows that one generation holds; with the one before twice as many are remembered. */
const GENERATION_FLOWS = 1 << 19;

/** Classes with a bit each in a flow's record. */
const BIT_CLASSES = 32;

/** Higher ones that stand in the record; more are kept beside the table. */
const OWN_CLASSES = 3;

/** Words of a flow's key: protocol and family, both ends' addresses, both ports. */
const KEY_WORDS = { 4: 4, 6: 10 } as const;

/**
 * Counts distinct flows: in all, and for each class those that had a packet of it. Classes are small numbers: verdicts, and what
 * settled them.
 *
 * A flow is what has the same protocol and the same two ends, in either direction: addresses with ports, for an ICMP query with its
 * identifier, else addresses alone. Two generations of tables are held; when one is full the older is dropped, so that a flow is forgotten, and
 * counted anew if it comes back, only after half a million others came since its last packet. Memory does not depend on how long a
 * replay is.
 */
export class FlowTable {
  /** Distinct flows. */
  flows = 0;
  /** Grows when flows are forgotten: what was noted of a flow in an earlier one must be noted again. */
  generation = 0;
  /** Means nothing: it is there so that reading ahead is not left out as useless. */
  fetched = 0;
  /** Distinct flows by the number of a class. */
  readonly flowsOf: number[] = [];
  #young: { 4: Generation; 6: Generation } = newGenerations();
  #old: { 4: Generation; 6: Generation } = newGenerations();
  readonly #key: Int32Array = new Int32Array(KEY_WORDS[6]);
  readonly #generationFlows: number;

  constructor(generationFlows: number = GENERATION_FLOWS) {
    this.#generationFlows = generationFlows;
  }

  /**
   * Counts a packet of an IPv4 flow, and of two classes of which the first implies the second; addresses as unsigned numbers. Returns the
   * number of the flow, which means it to `noteAgain` as long as `generation` stays. HOT
   */
  note4(
    protocol: number,
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    first: number,
    second: number,
  ): number {
    const key = this.#key;
    const isSwapped =
      source > destination || (source === destination && sourcePort > destinationPort);
    key[0] = isSwapped ? destination : source;
    key[1] = isSwapped ? source : destination;
    key[2] = isSwapped
      ? (destinationPort << 16) | sourcePort
      : (sourcePort << 16) | destinationPort;
    key[3] = protocol;
    const hash = hashOfPorts(protocol, source | 0, destination | 0, sourcePort, destinationPort);
    return this.#note(4, hash, first, second);
  }

  /** Counts another packet of the IPv4 flow that `note4` gave a number. HOT */
  noteAgain(flow: number, first: number, second: number): void {
    this.#noteClasses(this.#young[4], flow, first, second);
  }

  /** Brings what the flows of IPv4 packets with these hashes need into the processor's cache. Changes nothing. HOT */
  fetch4(hashes: Int32Array, count: number): void {
    this.fetched = this.#young[4].fetch(hashes, count);
  }

  /** Counts a packet of an IPv6 flow; addresses as four words each, from `at` of `addresses` on, the source first. */
  note6(
    protocol: number,
    addresses: Uint32Array,
    sourcePort: number,
    destinationPort: number,
    first: number,
    second: number,
  ): void {
    const key = this.#key;
    const isSwapped = isSecondFirst(addresses, sourcePort > destinationPort);
    for (let i = 0; i < 4; i++) {
      key[i] = addresses[isSwapped ? i + 4 : i]!;
      key[i + 4] = addresses[isSwapped ? i : i + 4]!;
    }
    key[8] = isSwapped
      ? (destinationPort << 16) | sourcePort
      : (sourcePort << 16) | destinationPort;
    key[9] = protocol;
    this.#note(6, hashOf(key, 0, KEY_WORDS[6]), first, second);
  }

  /** HOT */
  #note(family: 4 | 6, hash: number, first: number, second: number): number {
    const key = this.#key;
    const young = this.#young[family];
    let record = young.find(key, hash);
    if (record < 0) {
      if (young.count >= this.#generationFlows) {
        this.#turn(family);
        return this.#note(family, hash, first, second);
      }
      record = young.add(key, hash);
      const old = this.#old[family];
      const before = old.count === 0 ? -1 : old.find(key, hash);
      if (before < 0) this.flows++;
      else young.takeClasses(record, old, before);
    }
    this.#noteClasses(young, record, first, second);
    return record;
  }

  /** HOT */
  #noteClasses(young: Generation, record: number, first: number, second: number): void {
    // A packet that brings no new first class brings no new second one either.
    if (!young.addClass(record, first)) return;
    this.#count(first);
    if (young.addClass(record, second)) this.#count(second);
  }

  #count(number: number): void {
    while (this.flowsOf.length <= number) this.flowsOf.push(0);
    this.flowsOf[number]!++;
  }

  #turn(family: 4 | 6): void {
    this.generation++;
    this.#old[family] = this.#young[family];
    this.#young[family] = new Generation(KEY_WORDS[family]);
  }
}

/** Of two IPv6 ends, whether the second is the lower one. */
function isSecondFirst(addresses: Uint32Array, isPortGreater: boolean): boolean {
  for (let i = 0; i < 4; i++) {
    const [first, second] = [addresses[i]!, addresses[i + 4]!];
    if (first !== second) return first > second;
  }
  return isPortGreater;
}

function newGenerations(): { 4: Generation; 6: Generation } {
  return { 4: new Generation(KEY_WORDS[4]), 6: new Generation(KEY_WORDS[6]) };
}

/** Records of flows are kept by so many together, which are never copied. */
const CHUNK_BITS = 13;
const CHUNK = 1 << CHUNK_BITS;

/** Places that a generation has from its first flow on; always a power of two. Nobody's memory until they are used. */
const FIRST_PLACES = 1 << 18;

/** One that is always free. */
const NO_PLACES: Int32Array = new Int32Array(1);

/** Flows of one family, found by open addressing. A record is its key and its classes, which stand together. */
class Generation {
  count = 0;
  readonly #keyWords: 4 | 10;
  readonly #words: number;
  readonly #chunks: Int32Array[] = [];
  /** Number of the record, plus one; 0 is free. Twice as many places as records at least. */
  #places: Int32Array = NO_PLACES;
  /** By record, the classes for which there is no room in it. */
  readonly #more: Map<number, Set<number>> = new Map();

  constructor(keyWords: 4 | 10) {
    this.#keyWords = keyWords;
    this.#words = keyWords + 1 + OWN_CLASSES;
  }

  /** The record of the key; -1 when there is none. HOT */
  find(key: Int32Array, hash: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const record = places[place]! - 1;
      if (record < 0 || this.#isAt(record, key)) return record;
    }
  }

  /** HOT */
  fetch(hashes: Int32Array, count: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= places[hashes[i]! & mask]!;
    for (let i = 0; i < count; i++) {
      const record = places[hashes[i]! & mask]! - 1;
      if (record >= 0) sum ^= this.#chunkOf(record)[this.#placeIn(record)]!;
    }
    return sum;
  }

  /** INVARIANT: the key is not in it. HOT */
  add(key: Int32Array, hash: number): number {
    if (this.count * 2 + 1 >= this.#places.length) this.#grow();
    const record = this.count++;
    if (record >>> CHUNK_BITS === this.#chunks.length) {
      this.#chunks.push(new Int32Array(CHUNK * this.#words));
    }
    const words = this.#chunkOf(record);
    const at = this.#placeIn(record);
    for (let i = 0; i < this.#keyWords; i++) words[at + i] = key[i]!;
    this.#link(record, hash);
    return record;
  }

  /** Notes that the flow had a packet of the class; true the first time. HOT */
  addClass(record: number, number: number): boolean {
    const words = this.#chunkOf(record);
    const bits = this.#placeIn(record) + this.#keyWords;
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
  takeClasses(record: number, other: Generation, from: number): void {
    const words = other.#chunkOf(from);
    const bits = other.#placeIn(from) + this.#keyWords;
    this.#chunkOf(record)[this.#placeIn(record) + this.#keyWords] = words[bits]!;
    const first = bits + 1;
    for (let i = first; i < first + OWN_CLASSES; i++) {
      if (words[i] !== 0) this.addClass(record, words[i]! - 1);
    }
    for (const number of other.#more.get(from) ?? []) this.addClass(record, number);
  }

  #chunkOf(record: number): Int32Array {
    return this.#chunks[record >>> CHUNK_BITS]!;
  }

  #placeIn(record: number): number {
    return (record & (CHUNK - 1)) * this.#words;
  }

  #isAt(record: number, key: Int32Array): boolean {
    const words = this.#chunkOf(record);
    const at = this.#placeIn(record);
    for (let i = 0; i < this.#keyWords; i++) if (words[at + i] !== key[i]) return false;
    return true;
  }

  /** As it was when the record was added. */
  #hashOf(record: number): number {
    const words = this.#chunkOf(record);
    const at = this.#placeIn(record);
    if (this.#keyWords === KEY_WORDS[6]) return hashOf(words, at, KEY_WORDS[6]);
    const ports = words[at + 2]!;
    return hashOfPorts(words[at + 3]!, words[at]!, words[at + 1]!, ports >>> 16, ports & 0xffff);
  }

  #link(record: number, hash: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = hash & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = record + 1;
  }

  #grow(): void {
    this.#places = new Int32Array(Math.max(FIRST_PLACES, this.#places.length * 2));
    for (let record = 0; record < this.count; record++) {
      this.#link(record, this.#hashOf(record));
    }
  }
}

/** HOT */
function hashOf(words: Int32Array, at: number, count: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = at; i < at + count; i++) {
    h = Math.imul(h ^ words[i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h, 0xc2b2ae35 | 0);
  return h ^ (h >>> 16);
}
