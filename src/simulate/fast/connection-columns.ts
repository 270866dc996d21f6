import { IP_PROTOCOL } from '../../address/protocol.ts';
import { isClosingTcp } from '../conntrack/tcp-state.ts';
import { ConnectionRecords } from './connection-records.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import type { FlowHeaders } from './flow-headers.ts';
import { STATE } from './plain-layout.ts';
import type { PlainMemory } from './plain-memory.ts';
import { FIELD, FLAG, STATE_SHIFT } from './record-layout.ts';

/** Places that a new table has; always a power of two. Nobody's memory until they are used, and a table that grows must be filled anew. */
const FIRST_PLACES = { small: 1 << 10, large: 1 << 18 } as const;

/** Connections by either of their directions: records, found by open addressing. None of them is translated. */
export class ConnectionColumns {
  readonly records: ConnectionRecords;
  /** Whether the headers looked up last are of the reply direction. */
  isReply = false;
  readonly #memory: PlainMemory;
  // Where pairs begin among the words: the number of a record (0 is free), and its hash.
  #places: number;
  #mask: number;
  readonly #expiries: ExpiryQueue = new ExpiryQueue();
  /** The place of the record that `hasForgettable` found last; it goes on from there. */
  #forgettable = 0;
  /** It has found none, and no connection has changed since. */
  #isNoneForgettable = false;

  constructor(memory: PlainMemory) {
    this.#memory = memory;
    this.#mask = FIRST_PLACES[memory.size] - 1;
    this.records = new ConnectionRecords(memory);
    this.#places = this.#allocate();
  }

  /** How many there are, expired ones included. */
  get size(): number {
    return this.#memory.words[STATE.connections / 4]!;
  }

  /** Selects the record of the headers' flow, and returns its number; -1 when there is none. HOT */
  find(headers: FlowHeaders): number {
    const { words } = this.#memory;
    const places = this.#places;
    const mask = this.#mask;
    const { hash } = headers;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const record = words[places + place * 2]!;
      if (record === 0) return -1;
      if (words[places + place * 2 + 1] === hash && this.#isOf(record, headers)) return record;
    }
  }

  /** Selects a new record, which somebody else fills and puts into the table, and returns its number. HOT */
  make(): number {
    if (this.size * 2 >= this.#mask) this.#grow();
    this.#isNoneForgettable = false;
    this.#memory.words[STATE.connections / 4]!++;
    return this.records.make();
  }

  /** Selects a new record for the headers' flow, which has none, and returns its number. */
  insert(headers: FlowHeaders): number {
    const record = this.make();
    const { words, at } = this.records;
    words[at + FIELD.source] = headers.s3;
    words[at + FIELD.destination] = headers.d3;
    words[at + FIELD.keys] = (headers.sourceKey << 16) | headers.destinationKey;
    words[at + FIELD.kind] = (headers.protocol << 8) | headers.family;
    words[at + FIELD.hash] = headers.hash;
    if (headers.family === 6) {
      const uppers = this.records.uppersOf(record);
      const upper = this.records.upperAt(record);
      uppers[upper] = headers.s0;
      uppers[upper + 1] = headers.s1;
      uppers[upper + 2] = headers.s2;
      uppers[upper + 3] = headers.d0;
      uppers[upper + 4] = headers.d1;
      uppers[upper + 5] = headers.d2;
    }
    this.#link(record, headers.hash);
    return record;
  }

  /** Forgets a record. */
  remove(record: number): void {
    this.records.select(record);
    this.#unlink(record, this.records.words[this.records.at + FIELD.hash]!);
    this.records.free(record);
    this.#memory.words[STATE.connections / 4]!--;
  }

  /** Call after a connection has changed whether it is assured, or its state. HOT */
  noteChange(): void {
    this.#isNoneForgettable = false;
  }

  /** Call after a connection's expiry has changed. HOT */
  noteExpiry(expiresAtMs: number): void {
    this.#expiries.note(expiresAtMs);
  }

  /** Forgets everything. */
  clear(): void {
    for (let place = 0; place < this.records.end; place++) {
      const record = this.records.recordAt(place);
      if (this.#isThere(record)) this.remove(record);
    }
  }

  /** Forgets what has expired. */
  removeExpired(nowMs: number): void {
    const { numbers } = this.#memory;
    this.#expiries.note(numbers[STATE.leastExpiryMs / 8]!);
    numbers[STATE.leastExpiryMs / 8] = Number.POSITIVE_INFINITY;
    for (;;) {
      const record = this.#expiries.take(nowMs);
      if (record < 0) break;
      if (this.#isThere(record) && this.#expiryOf(record) <= nowMs) this.remove(record);
      else if (this.#isThere(record)) this.#expiries.note(this.#expiryOf(record));
    }
    if (this.#expiries.mustLookThrough(nowMs)) this.#lookThrough(nowMs);
  }

  /** Whether there is a connection that the kernel may forget when it needs room, as `mayBeForgotten` has it. */
  hasForgettable(nowMs: number): boolean {
    const { words } = this.#memory;
    if (this.#isNoneForgettable && words[STATE.hasChanged / 4] === 0) return false;
    const { end } = this.records;
    for (let i = 0; i < end; i++) {
      const place = this.#forgettable;
      if (this.#isForgettable(this.records.recordAt(place), nowMs)) return true;
      this.#forgettable = place + 1 < end ? place + 1 : 0;
    }
    this.#isNoneForgettable = true;
    words[STATE.hasChanged / 4] = 0;
    return false;
  }

  #isForgettable(record: number, nowMs: number): boolean {
    if (!this.#isThere(record) || this.#expiryOf(record) <= nowMs) return false;
    const { words, at } = this.records;
    const flags = words[at + FIELD.flags]!;
    if ((flags & FLAG.assured) === 0) return true;
    return words[at + FIELD.kind]! >>> 8 === IP_PROTOCOL.tcp && isClosingTcp(flags >> STATE_SHIFT);
  }

  /** Whether a record is a connection's; selects it. */
  #isThere(record: number): boolean {
    this.records.select(record);
    return this.records.words[this.records.at + FIELD.kind] !== 0;
  }

  #expiryOf(record: number): number {
    this.records.select(record);
    return this.records.times[(this.records.at + FIELD.expiresAt) >>> 1]!;
  }

  #lookThrough(nowMs: number): void {
    const { end } = this.records;
    for (let place = 0; place < end; place++) {
      const record = this.records.recordAt(place);
      if (this.#isThere(record) && this.#expiryOf(record) <= nowMs) this.remove(record);
    }
    const records = new Int32Array(this.size);
    const expiries = new Float64Array(this.size);
    let count = 0;
    for (let place = 0; place < end; place++) {
      const record = this.records.recordAt(place);
      if (!this.#isThere(record)) continue;
      records[count] = record;
      expiries[count++] = this.#expiryOf(record);
    }
    this.#expiries.fill(records, expiries);
  }

  /** Whether the record is of the headers' flow; notes in which direction. HOT */
  #isOf(record: number, headers: FlowHeaders): boolean {
    this.records.select(record);
    const { words, at } = this.records;
    if (words[at + FIELD.kind] !== ((headers.protocol << 8) | headers.family)) return false;
    const keys = words[at + FIELD.keys];
    if (
      keys === ((headers.sourceKey << 16) | headers.destinationKey) &&
      words[at + FIELD.source] === headers.s3 &&
      words[at + FIELD.destination] === headers.d3 &&
      (headers.family === 4 || this.#isOf6(record, headers, 0, 3))
    ) {
      this.isReply = false;
      return true;
    }
    if (
      keys === ((headers.replySourceKey << 16) | headers.replyDestinationKey) &&
      words[at + FIELD.source] === headers.d3 &&
      words[at + FIELD.destination] === headers.s3 &&
      (headers.family === 4 || this.#isOf6(record, headers, 3, 0))
    ) {
      this.isReply = true;
      return true;
    }
    return false;
  }

  /** Whether the upper words of both IPv6 addresses are those of the record, where they stand from `source` and `destination` on. HOT */
  #isOf6(record: number, headers: FlowHeaders, source: number, destination: number): boolean {
    const uppers = this.records.uppersOf(record);
    const upper = this.records.upperAt(record);
    const from = upper + source;
    const to = upper + destination;
    return (
      uppers[from] === headers.s0 &&
      uppers[from + 1] === headers.s1 &&
      uppers[from + 2] === headers.s2 &&
      uppers[to] === headers.d0 &&
      uppers[to + 1] === headers.d1 &&
      uppers[to + 2] === headers.d2
    );
  }

  #link(record: number, hash: number): void {
    const { words } = this.#memory;
    const places = this.#places;
    const mask = this.#mask;
    let place = hash & mask;
    while (words[places + place * 2] !== 0) place = (place + 1) & mask;
    words[places + place * 2] = record;
    words[places + place * 2 + 1] = hash;
  }

  /** Takes a record out of its place, and moves up those that would no longer be found behind a free one. */
  #unlink(record: number, hash: number): void {
    const { words } = this.#memory;
    const places = this.#places;
    const mask = this.#mask;
    let hole = hash & mask;
    while (words[places + hole * 2] !== record) hole = (hole + 1) & mask;
    for (
      let place = (hole + 1) & mask;
      words[places + place * 2] !== 0;
      place = (place + 1) & mask
    ) {
      const wanted = words[places + place * 2 + 1]! & mask;
      if (((place - wanted) & mask) < ((place - hole) & mask)) continue;
      words[places + hole * 2] = words[places + place * 2]!;
      words[places + hole * 2 + 1] = words[places + place * 2 + 1]!;
      hole = place;
    }
    words[places + hole * 2] = 0;
  }

  #grow(): void {
    const before = this.#places;
    const end = before + (this.#mask + 1) * 2;
    this.#mask = this.#mask * 2 + 1;
    this.#places = this.#allocate();
    const { words } = this.#memory;
    for (let i = before; i < end; i += 2) {
      if (words[i] !== 0) this.#link(words[i]!, words[i + 1]!);
    }
  }

  /** Room for as many places as there are now, all free, of which compiled code is told. */
  #allocate(): number {
    const address = this.#memory.allocate((this.#mask + 1) * 8);
    const { words } = this.#memory;
    words[STATE.places / 4] = address;
    words[STATE.placeMask / 4] = this.#mask;
    return address / 4;
  }
}
