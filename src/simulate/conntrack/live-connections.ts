import { type IpAddress, sameIpAddress } from '../../address/ip-address.ts';
import type { ConnectionZone } from '../../host/connections/connection-record.ts';
import type { Tuple } from './connection.ts';
import { type ConnectionEntry, mayBeForgotten } from './connection-entry.ts';
import { NO_ZONE } from './connection-zone.ts';
import { mayExpect, type Opening } from './expectations.ts';
import { isTrackedIcmp } from './icmp-types.ts';
import { Journal } from './journal.ts';
import type { SourceChoice } from './nat.ts';
import { ConnectionTable, type TupleNode } from './table.ts';

/** Connections of the same host that are kept elsewhere. */
export interface OtherConnections {
  /** How many there are, expired ones included. */
  readonly size: number;
  /** Whether one that has not expired has the tuple, in either direction. */
  has(tuple: Tuple, nowMs: number): boolean;
  removeExpired(nowMs: number): void;
  /** Whether there is one that the kernel may forget to make room. */
  hasForgettable(nowMs: number): boolean;
}

/** The confirmed connections that have not expired at `nowMs`, with a way back to earlier contents. */
export class LiveConnections implements SourceChoice {
  /** Simulated time; set before every use. */
  nowMs = 0;
  /** The zones of the packet, or connection, at hand; set before every use. */
  zone: ConnectionZone = NO_ZONE;
  /** Some source was bound to a port that its rule named; until then every source keeps its port. */
  hasGivenPorts = false;
  /** What else counts against the maximum, and takes tuples. */
  beside: OtherConnections | undefined;
  readonly maximum: number;
  private readonly journal: Journal = new Journal();
  private table: ConnectionTable = new ConnectionTable();
  /** No entry expires before; spares looking through a full table for every packet. */
  private nothingExpiresBeforeMs = 0;
  /** One that `hasForgettable` found. */
  private forgettable: ConnectionEntry | undefined;
  /** It has found none, and no connection has become one since. */
  private isNoneForgettable = false;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** The direction of a connection that has exactly this tuple. An expired one is removed instead. HOT */
  find(
    protocol: number,
    source: IpAddress,
    destination: IpAddress,
    sourceKey: number,
    destinationKey: number,
  ): TupleNode | undefined {
    const { zone } = this;
    const { original, reply } = zone;
    const node = this.table.find(
      protocol,
      source,
      destination,
      sourceKey,
      destinationKey,
      zone,
      original,
    );
    const found =
      node === undefined && original !== reply
        ? this.table.find(protocol, source, destination, sourceKey, destinationKey, zone, reply)
        : node;
    return found === undefined ? undefined : this.unlessExpired(found);
  }

  findTuple(tuple: Tuple): TupleNode | undefined {
    return this.find(
      tuple.protocol,
      tuple.source,
      tuple.destination,
      tuple.sourceKey,
      tuple.destinationKey,
    );
  }

  isTaken(reply: Tuple): boolean {
    return this.holder(reply, this.zone.reply) !== undefined || this.isBeside(reply);
  }

  /** Which connection keeps one with these tuples out of the table; `beside` where it is kept elsewhere. */
  clashOf(original: Tuple, reply: Tuple): ConnectionEntry | 'beside' | undefined {
    const { zone } = this;
    const holder = this.holder(original, zone.original) ?? this.holder(reply, zone.reply);
    if (holder !== undefined) return holder.entry;
    return this.isBeside(original) || this.isBeside(reply) ? 'beside' : undefined;
  }

  private isBeside(tuple: Tuple): boolean {
    return this.beside?.has(tuple, this.nowMs) === true;
  }

  private holder(tuple: Tuple, bucket: number): TupleNode | undefined {
    const { protocol, source, destination, sourceKey, destinationKey } = tuple;
    const node = this.table.find(
      protocol,
      source,
      destination,
      sourceKey,
      destinationKey,
      this.zone,
      bucket,
    );
    return node === undefined ? undefined : this.unlessExpired(node);
  }

  private unlessExpired(node: TupleNode): TupleNode | undefined {
    if (node.entry.expiresAtMs > this.nowMs) return node;
    this.remove(node.entry);
    return undefined;
  }

  /** HOT */
  get hasHelpers(): boolean {
    return this.table.withHelper().size > 0;
  }

  /** A live connection with a helper that may expect the one that begins. */
  helperOf(opening: Opening): ConnectionEntry | undefined {
    for (const entry of this.table.withHelper()) {
      if (entry.expiresAtMs <= this.nowMs || !isInSameZone(entry.zone, this.zone)) continue;
      if (mayExpect(entry, opening)) return entry;
    }
    return undefined;
  }

  /** How many connections are kept here, expired ones included. HOT */
  get size(): number {
    return this.table.size;
  }

  /** Looks through the whole table once a rule has named a source port, and not before. */
  portOfSameSource(original: Tuple, address: IpAddress): number | undefined {
    if (!this.hasGivenPorts) return undefined;
    let port: number | undefined;
    for (const { original: other, reply, expiresAtMs, zone } of this.table.entries()) {
      if (
        zone.original === this.zone.original &&
        other.protocol === original.protocol &&
        other.sourceKey === original.sourceKey &&
        sameIpAddress(other.source, original.source) &&
        sameIpAddress(reply.destination, address) &&
        expiresAtMs > this.nowMs
      ) {
        port = isTrackedIcmp(reply.family, reply.protocol) ? reply.sourceKey : reply.destinationKey;
      }
    }
    return port;
  }

  /** Whether one more connection fits; expired ones make room. */
  hasRoom(): boolean {
    if (this.count() < this.maximum) return true;
    if (this.nowMs >= this.nothingExpiresBeforeMs) this.removeExpired();
    this.beside?.removeExpired(this.nowMs);
    return this.count() < this.maximum;
  }

  /**
   * Whether the kernel may forget a connection to make room for another: in a full table one that is not assured and stands near the
   * new one, by a hash that nobody knows; in one that is nearly full those that are closing.
   *
   * Source: nf_conntrack_core.c, early_drop and gc_worker_can_early_drop (Linux 6.18).
   */
  hasForgettable(): boolean {
    if (this.beside?.hasForgettable(this.nowMs) === true) return true;
    if (this.isNoneForgettable) return false;
    const known = this.forgettable;
    if (known !== undefined && this.table.has(known) && this.isForgettable(known)) return true;
    this.forgettable = undefined;
    for (const entry of this.table.entries()) {
      if (!this.isForgettable(entry)) continue;
      this.forgettable = entry;
      return true;
    }
    this.isNoneForgettable = true;
    return false;
  }

  private isForgettable(entry: ConnectionEntry): boolean {
    return entry.expiresAtMs > this.nowMs && mayBeForgotten(entry);
  }

  /** HOT */
  private count(): number {
    const { beside } = this;
    return beside === undefined ? this.table.size : this.table.size + beside.size;
  }

  insert(entry: ConnectionEntry): void {
    this.table.insert(entry);
    this.journal.inserted(entry);
    this.noteExpiry(entry);
  }

  /** Puts an entry in that nothing undoes; of two with the same tuples the first is kept. */
  seed(entry: ConnectionEntry): void {
    this.zone = entry.zone;
    if (this.clashOf(entry.original, entry.reply) !== undefined) return;
    this.table.insert(entry);
    this.noteExpiry(entry);
  }

  remove(entry: ConnectionEntry): void {
    if (!this.table.has(entry)) return;
    this.table.remove(entry);
    this.journal.removed(entry);
  }

  clear(): void {
    if (this.table.size === 0) return;
    this.journal.cleared(this.table);
    this.table = new ConnectionTable();
  }

  /** Call before a connection is changed, confirmed or not. HOT */
  willChange(entry: ConnectionEntry): void {
    this.journal.willChange(entry);
  }

  /** Call after a connection's expiry has changed. HOT */
  noteExpiry(entry: ConnectionEntry): void {
    if (entry.expiresAtMs < this.nothingExpiresBeforeMs) {
      this.nothingExpiresBeforeMs = entry.expiresAtMs;
    }
    if (mayBeForgotten(entry)) this.isNoneForgettable = false;
  }

  /** How many changes are remembered, to undo them. */
  get changeCount(): number {
    return this.journal.changeCount;
  }

  checkpoint(): number {
    return this.journal.setPoint();
  }

  rollback(checkpoint: number): void {
    this.table = this.journal.rollBack(checkpoint, this.table);
    this.nothingExpiresBeforeMs = 0;
    this.isNoneForgettable = false;
  }

  release(checkpoint: number): void {
    this.journal.release(checkpoint);
  }

  private removeExpired(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of this.table.entries()) {
      if (entry.expiresAtMs <= this.nowMs) this.remove(entry);
      else if (entry.expiresAtMs < earliest) earliest = entry.expiresAtMs;
    }
    this.nothingExpiresBeforeMs = earliest;
  }
}

/** Source: nf_conntrack_expect.c, nf_ct_find_expectation, which compares zones by nf_ct_zone_equal_any (Linux 6.18). */
function isInSameZone(a: ConnectionZone, b: ConnectionZone): boolean {
  return Math.max(a.original, a.reply) === Math.max(b.original, b.reply);
}
