import type { IpAddress } from '../../address/ip-address.ts';
import { sameIpAddress } from '../../address/ip-address.ts';
import type { ConnectionZone } from '../../host/connections/connection-record.ts';
import type { Tuple } from './connection.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { isFoundIn } from './connection-zone.ts';
import { hashTuple } from './tuple.ts';

/** One direction of a connection in the table. */
export class TupleNode {
  readonly tuple: Tuple;
  readonly entry: ConnectionEntry;
  readonly isReply: boolean;
  /** The zone of this direction. */
  readonly zone: number;
  readonly hash: number;

  constructor(tuple: Tuple, entry: ConnectionEntry, isReply: boolean) {
    this.tuple = tuple;
    this.entry = entry;
    this.isReply = isReply;
    this.zone = isReply ? entry.zone.reply : entry.zone.original;
    this.hash = hashTuple(
      tuple.protocol,
      tuple.source,
      tuple.destination,
      tuple.sourceKey,
      tuple.destinationKey,
    );
  }
}

/** Places of an empty table; a power of two, as all its sizes are. */
const FEWEST_PLACES = 16;

/** All confirmed connections by both of their tuples. Expired ones are still in it until they are removed. */
export class ConnectionTable {
  // INVARIANT: a node stands at the place that its hash says, or behind it with no free place between, and at most half of all places
  // are taken. Three times as quick as a map from hashes.
  private nodes: (TupleNode | undefined)[] = freePlaces(FEWEST_PLACES);
  /** The hash of each place's node, to look at few nodes themselves. */
  private hashes: Int32Array = new Int32Array(FEWEST_PLACES);
  private taken = 0;
  /** Every connection, in the order in which they were confirmed. */
  private readonly confirmed: Set<ConnectionEntry> = new Set();
  private readonly followed: Set<ConnectionEntry> = new Set();

  get size(): number {
    return this.confirmed.size;
  }

  entries(): IterableIterator<ConnectionEntry> {
    return this.confirmed.values();
  }

  /** The connections that a helper follows. */
  withHelper(): ReadonlySet<ConnectionEntry> {
    return this.followed;
  }

  has(entry: ConnectionEntry): boolean {
    return this.confirmed.has(entry);
  }

  /** The direction of a connection that has exactly this tuple, for who is in `zone` and looks in the one of its directions that is `bucket`. HOT */
  find(
    protocol: number,
    source: IpAddress,
    destination: IpAddress,
    sourceKey: number,
    destinationKey: number,
    zone: ConnectionZone,
    bucket: number,
  ): TupleNode | undefined {
    const hash = hashTuple(protocol, source, destination, sourceKey, destinationKey);
    const { nodes, hashes } = this;
    const last = hashes.length - 1;
    for (let place = hash & last; ; place = (place + 1) & last) {
      const node = nodes[place];
      if (node === undefined) return undefined;
      if (hashes[place] !== hash) continue;
      const { tuple } = node;
      if (
        tuple.sourceKey === sourceKey &&
        tuple.destinationKey === destinationKey &&
        tuple.protocol === protocol &&
        sameIpAddress(tuple.source, source) &&
        sameIpAddress(tuple.destination, destination) &&
        isFoundIn(node, zone, bucket)
      ) {
        return node;
      }
    }
  }

  /** INVARIANT: neither tuple of the entry is in the table in its zone, and none of them changes while it is. */
  insert(entry: ConnectionEntry): void {
    if ((this.taken + 2) * 2 > this.nodes.length) this.grow();
    // A connection whose directions look the same is found as a reply: the first to be put in is found first.
    this.put(new TupleNode(entry.reply, entry, true));
    this.put(new TupleNode(entry.original, entry, false));
    this.confirmed.add(entry);
    if (entry.helper !== undefined) this.followed.add(entry);
  }

  remove(entry: ConnectionEntry): void {
    this.take(entry, entry.original);
    this.take(entry, entry.reply);
    this.confirmed.delete(entry);
    this.followed.delete(entry);
  }

  private put(node: TupleNode): void {
    const last = this.nodes.length - 1;
    let place = node.hash & last;
    while (this.nodes[place] !== undefined) place = (place + 1) & last;
    this.nodes[place] = node;
    this.hashes[place] = node.hash;
    this.taken += 1;
  }

  private take(entry: ConnectionEntry, tuple: Tuple): void {
    const { nodes } = this;
    const last = nodes.length - 1;
    const { protocol, source, destination, sourceKey, destinationKey } = tuple;
    let place = hashTuple(protocol, source, destination, sourceKey, destinationKey) & last;
    for (;;) {
      const node = nodes[place];
      if (node === undefined) return;
      if (node.entry === entry && node.tuple === tuple) break;
      place = (place + 1) & last;
    }
    this.free(place);
    this.taken -= 1;
  }

  /** Frees a place, and moves nodes up into it that were kept from it or from a place before it. */
  private free(place: number): void {
    const { nodes, hashes } = this;
    const last = nodes.length - 1;
    let hole = place;
    for (let at = (hole + 1) & last; nodes[at] !== undefined; at = (at + 1) & last) {
      const distance = (at - hashes[at]!) & last;
      if (distance < ((at - hole) & last)) continue;
      nodes[hole] = nodes[at];
      hashes[hole] = hashes[at]!;
      hole = at;
    }
    nodes[hole] = undefined;
  }

  private grow(): void {
    const before = this.nodes;
    this.nodes = freePlaces(before.length * 2);
    this.hashes = new Int32Array(before.length * 2);
    this.taken = 0;
    // From a free place on, so that nodes of the same hash keep their order.
    const start = before.indexOf(undefined);
    for (let i = 0; i < before.length; i++) {
      const node = before[(start + i) & (before.length - 1)];
      if (node !== undefined) this.put(node);
    }
  }
}

function freePlaces(count: number): (TupleNode | undefined)[] {
  return new Array<TupleNode | undefined>(count).fill(undefined);
}
