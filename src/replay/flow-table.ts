/** Flows that one generation holds; with the one before twice as many are remembered. */
const GENERATION_FLOWS = 1 << 19;

/** Classes of one flow that stand in its record; more are kept beside the table. */
const OWN_CLASSES = 3;

/** Words of a flow's key: protocol and family, both ends' addresses, both ports. */
const KEY_WORDS = { 4: 4, 6: 10 } as const;

/** No class, in a record. */
const FREE = -1;

/** More classes than there ever are. */
const CLASS_RANGE = 0x100_0000;

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
  /** Distinct flows by the number of a class. */
  readonly flowsOf: number[] = [];
  #young: { 4: Generation; 6: Generation } = newGenerations();
  #old: { 4: Generation; 6: Generation } = newGenerations();
  readonly #key: Uint32Array = new Uint32Array(KEY_WORDS[6]);
  readonly #generationFlows: number;

  constructor(generationFlows: number = GENERATION_FLOWS) {
    this.#generationFlows = generationFlows;
  }

  /** Counts a packet of an IPv4 flow, and of two classes of which the first implies the second; addresses as unsigned numbers. HOT */
  note4(
    protocol: number,
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    first: number,
    second: number,
  ): void {
    const key = this.#key;
    const isSwapped =
      source > destination || (source === destination && sourcePort > destinationPort);
    key[0] = isSwapped ? destination : source;
    key[1] = isSwapped ? source : destination;
    key[2] = isSwapped
      ? (destinationPort << 16) | sourcePort
      : (sourcePort << 16) | destinationPort;
    key[3] = protocol;
    this.#note(4, first, second);
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
    this.#note(6, first, second);
  }

  /** HOT */
  #note(family: 4 | 6, first: number, second: number): void {
    const key = this.#key;
    const young = this.#young[family];
    let record = young.find(key);
    if (record < 0) {
      if (young.count >= this.#generationFlows) {
        this.#turn(family);
        this.#note(family, first, second);
        return;
      }
      record = young.add(key);
      const old = this.#old[family];
      const before = old.count === 0 ? -1 : old.find(key);
      if (before < 0) this.flows++;
      else young.takeClasses(record, old, before);
    }
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

/** Records of flows in typed arrays, found by open addressing. */
class Generation {
  count = 0;
  readonly #words: number;
  #capacity = 1024;
  #keys: Uint32Array;
  #classes: Int32Array;
  /** Number of the record, plus one; 0 is free. Twice as many places as records at most. */
  #places: Int32Array;
  /** Classes beyond those in a record: record * CLASS_RANGE + class. */
  readonly #more: Set<number> = new Set();

  constructor(words: number) {
    this.#words = words;
    this.#keys = new Uint32Array(this.#capacity * words);
    this.#classes = new Int32Array(this.#capacity * OWN_CLASSES).fill(FREE);
    this.#places = new Int32Array(this.#capacity * 2);
  }

  /** The record of the key; -1 when there is none. HOT */
  find(key: Uint32Array): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = this.#hash(key, 0) & mask; ; place = (place + 1) & mask) {
      const record = places[place]! - 1;
      if (record < 0 || this.#isAt(record, key)) return record;
    }
  }

  /** INVARIANT: the key is not in it. HOT */
  add(key: Uint32Array): number {
    if (this.count === this.#capacity) this.#grow();
    const record = this.count++;
    const keys = this.#keys;
    const words = this.#words;
    for (let i = 0; i < words; i++) keys[record * words + i] = key[i]!;
    this.#link(record, this.#hash(key, 0));
    return record;
  }

  /** Notes that the flow had a packet of the class; true the first time. HOT */
  addClass(record: number, number: number): boolean {
    const classes = this.#classes;
    const from = record * OWN_CLASSES;
    for (let i = from; i < from + OWN_CLASSES; i++) {
      const noted = classes[i]!;
      if (noted === number) return false;
      if (noted === FREE) {
        classes[i] = number;
        return true;
      }
    }
    const key = record * CLASS_RANGE + number;
    if (this.#more.has(key)) return false;
    this.#more.add(key);
    return true;
  }

  /** Takes over what a flow's record in another generation has noted. */
  takeClasses(record: number, other: Generation, from: number): void {
    for (let i = 0; i < OWN_CLASSES; i++) {
      const number = other.#classes[from * OWN_CLASSES + i]!;
      if (number !== FREE) this.addClass(record, number);
    }
    for (const key of other.#more) {
      if (Math.floor(key / CLASS_RANGE) === from) this.addClass(record, key % CLASS_RANGE);
    }
  }

  #isAt(record: number, key: Uint32Array): boolean {
    const keys = this.#keys;
    const words = this.#words;
    const at = record * words;
    for (let i = 0; i < words; i++) if (keys[at + i] !== key[i]) return false;
    return true;
  }

  #hash(key: Uint32Array, at: number): number {
    let h = 0x9e3779b9;
    const words = this.#words;
    for (let i = 0; i < words; i++) {
      h = Math.imul(h ^ key[at + i]!, 0x85ebca6b);
      h ^= h >>> 13;
    }
    h = Math.imul(h, 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }

  #link(record: number, hash: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = hash & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = record + 1;
  }

  #grow(): void {
    const words = this.#words;
    this.#capacity *= 2;
    const keys = new Uint32Array(this.#capacity * words);
    keys.set(this.#keys);
    this.#keys = keys;
    const classes = new Int32Array(this.#capacity * OWN_CLASSES).fill(FREE);
    classes.set(this.#classes);
    this.#classes = classes;
    this.#places = new Int32Array(this.#capacity * 2);
    for (let record = 0; record < this.count; record++) {
      this.#link(record, this.#hash(keys, record * words));
    }
  }
}
