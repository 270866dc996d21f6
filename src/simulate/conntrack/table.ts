import type { IpAddress } from '../../address/ip-address.ts';
import { sameIpAddress } from '../../address/ip-address.ts';
import type { Tuple } from './connection.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { hashTuple } from './tuple.ts';

/** One direction of a connection in the table, chained with those of the same hash. */
export class TupleNode {
  readonly tuple: Tuple;
  readonly entry: ConnectionEntry;
  readonly isReply: boolean;
  readonly hash: number;
  next: TupleNode | undefined = undefined;

  constructor(tuple: Tuple, entry: ConnectionEntry, isReply: boolean) {
    this.tuple = tuple;
    this.entry = entry;
    this.isReply = isReply;
    this.hash = hashTuple(
      tuple.protocol,
      tuple.source,
      tuple.destination,
      tuple.sourceKey,
      tuple.destinationKey,
    );
  }
}

/** All confirmed connections by both of their tuples. Expired ones are still in it until they are removed. */
export class ConnectionTable {
  private readonly heads: Map<number, TupleNode> = new Map();
  /** Every connection, in the order in which they were confirmed. */
  private readonly confirmed: Set<ConnectionEntry> = new Set();

  get size(): number {
    return this.confirmed.size;
  }

  entries(): IterableIterator<ConnectionEntry> {
    return this.confirmed.values();
  }

  has(entry: ConnectionEntry): boolean {
    return this.confirmed.has(entry);
  }

  /** The direction of a connection that has exactly this tuple. HOT */
  find(
    protocol: number,
    source: IpAddress,
    destination: IpAddress,
    sourceKey: number,
    destinationKey: number,
  ): TupleNode | undefined {
    const hash = hashTuple(protocol, source, destination, sourceKey, destinationKey);
    for (let node = this.heads.get(hash); node !== undefined; node = node.next) {
      const { tuple } = node;
      if (
        tuple.sourceKey === sourceKey &&
        tuple.destinationKey === destinationKey &&
        tuple.protocol === protocol &&
        sameIpAddress(tuple.source, source) &&
        sameIpAddress(tuple.destination, destination)
      ) {
        return node;
      }
    }
    return undefined;
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

  /** INVARIANT: neither tuple of the entry is in the table, and they do not change while it is. */
  insert(entry: ConnectionEntry): void {
    this.link(new TupleNode(entry.original, entry, false));
    this.link(new TupleNode(entry.reply, entry, true));
    this.confirmed.add(entry);
  }

  remove(entry: ConnectionEntry): void {
    this.unlink(entry, entry.original);
    this.unlink(entry, entry.reply);
    this.confirmed.delete(entry);
  }

  private link(node: TupleNode): void {
    node.next = this.heads.get(node.hash);
    this.heads.set(node.hash, node);
  }

  private unlink(entry: ConnectionEntry, tuple: Tuple): void {
    const hash = hashTuple(
      tuple.protocol,
      tuple.source,
      tuple.destination,
      tuple.sourceKey,
      tuple.destinationKey,
    );
    let before: TupleNode | undefined;
    let node = this.heads.get(hash);
    while (node !== undefined && (node.entry !== entry || node.tuple !== tuple)) {
      before = node;
      node = node.next;
    }
    if (node === undefined) return;
    if (before !== undefined) before.next = node.next;
    else if (node.next === undefined) this.heads.delete(hash);
    else this.heads.set(hash, node.next);
  }
}
