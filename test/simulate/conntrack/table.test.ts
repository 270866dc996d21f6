import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4 } from '../../../src/address/ip-address.ts';
import { ConnectionEntry } from '../../../src/simulate/conntrack/connection-entry.ts';
import { ConnectionTable } from '../../../src/simulate/conntrack/table.ts';
import { invertTuple, tupleOf } from '../../../src/simulate/conntrack/tuple.ts';

const TCP = 6;
const CLIENT = ipv4(0xc000_0201);
const SERVER = ipv4(0xc633_640a);

/** A connection of the client to the server by its source port. */
function connection(port: number): ConnectionEntry {
  const original = tupleOf(4, TCP, CLIENT, SERVER, port, 80);
  return new ConnectionEntry(original, invertTuple(original));
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
        const found = [table.findTuple(original), table.findTuple(reply)];
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
    if (port % 500 === 0) expect(table.findTuple(same)?.isReply).toBe(true);
  }
});
