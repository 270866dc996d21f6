import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4 } from '../../../src/address/ip-address.ts';
import type { Tuple } from '../../../src/simulate/conntrack/connection.ts';
import { ConnectionEntry } from '../../../src/simulate/conntrack/connection-entry.ts';
import { ANY_ZONE, NO_ZONE } from '../../../src/simulate/conntrack/connection-zone.ts';
import { ConnectionTable, type TupleNode } from '../../../src/simulate/conntrack/table.ts';
import { invertTuple, tupleOf } from '../../../src/simulate/conntrack/tuple.ts';

const TCP = 6;
const CLIENT = ipv4(0xc000_0201);
const SERVER = ipv4(0xc633_640a);

/** A connection of the client to the server by its source port. */
function connection(port: number): ConnectionEntry {
  const original = tupleOf(4, TCP, CLIENT, SERVER, port, 80);
  return new ConnectionEntry(original, invertTuple(original));
}

function find(
  table: ConnectionTable,
  { protocol, source, destination, sourceKey, destinationKey }: Tuple,
  zone = NO_ZONE,
  bucket = 0,
): TupleNode | undefined {
  return table.find(protocol, source, destination, sourceKey, destinationKey, zone, bucket);
}

test('each direction of every connection that was put in and not taken out is found, and no other', () => {
  const steps = fc.array(fc.nat(3000), { minLength: 1, maxLength: 4000, size: 'max' });
  fc.assert(
    fc.property(steps, (ports) => {
      const table = new ConnectionTable();
      const present = new Map<number, ConnectionEntry>();
      for (const port of ports) {
        // A port that comes again takes its connection out.
        const known = present.get(port);
        if (known === undefined) {
          const made = connection(port);
          table.insert(made);
          present.set(port, made);
        } else {
          table.remove(known);
          present.delete(port);
        }
      }
      const wrong: number[] = [];
      for (let port = 0; port <= 3000; port += 1) {
        const { original, reply } = connection(port);
        const found = [find(table, original), find(table, reply)];
        const entries = found.map((node) => node?.entry);
        const wanted = present.get(port);
        const turned = found.map((node) => node?.isReply);
        const isRight =
          entries.every((entry) => entry === wanted) &&
          (wanted === undefined || (turned[0] === false && turned[1] === true));
        if (!isRight) wrong.push(port);
      }
      expect(wrong).toEqual([]);
      expect(table.size).toBe(present.size);
      const inOrder = [...table.entries()].map(({ original }) => original.sourceKey);
      expect(inOrder).toEqual([...present.keys()]);
    }),
    { numRuns: 20 },
  );
}, 60_000);

test('a connection whose two directions look the same is found as a reply, however full the table is', () => {
  const table = new ConnectionTable();
  const same = tupleOf(4, TCP, CLIENT, CLIENT, 80, 80);
  table.insert(new ConnectionEntry(same, invertTuple(same)));
  for (let port = 1; port < 5000; port += 1) {
    table.insert(connection(port));
    if (port % 500 === 0) expect(find(table, same)?.isReply).toBe(true);
  }
});

test('flows that are alike live side by side in zones, and are found in their own', () => {
  const table = new ConnectionTable();
  const zones = [0, 5, 6].map((zone) => ({ original: zone, reply: zone }));
  const entries = zones.map((zone) => {
    const entry = connection(1000);
    entry.zone = zone;
    table.insert(entry);
    return entry;
  });
  const { original, reply } = connection(1000);
  for (const [at, zone] of zones.entries()) {
    expect(find(table, original, zone, zone.original)?.entry).toBe(entries[at]);
    expect(find(table, reply, zone, zone.reply)?.entry).toBe(entries[at]);
  }
  expect(find(table, original, { original: 7, reply: 7 }, 7)).toBeUndefined();
  expect(find(table, original, ANY_ZONE, -1)).toBeDefined();
  table.remove(entries[1] as ConnectionEntry);
  expect(find(table, original, { original: 5, reply: 5 }, 5)).toBeUndefined();
  expect(find(table, original, NO_ZONE)?.entry).toBe(entries[0]);
});
