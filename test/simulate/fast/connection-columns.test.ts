import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionColumns } from '../../../src/simulate/fast/connection-columns.ts';
import { FlowHeaders } from '../../../src/simulate/fast/flow-headers.ts';

const flow = fc.record({
  family: fc.constantFrom<4 | 6>(4, 6),
  protocol: fc.constantFrom(6, 17),
  source: fc.nat(3),
  destination: fc.nat(3),
  sourcePort: fc.nat(2),
  destinationPort: fc.nat(2),
});
type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;
const step = fc.record({ flow, does: fc.constantFrom('insert', 'insert', 'find', 'remove') });

function headersOf(one: Flow, reversed: boolean): FlowHeaders {
  const headers = new FlowHeaders();
  headers.family = one.family;
  headers.protocol = one.protocol;
  headers.s3 = reversed ? one.destination : one.source;
  headers.d3 = reversed ? one.source : one.destination;
  if (one.family === 6) {
    headers.s0 = headers.s3 + 1;
    headers.d0 = headers.d3 + 1;
  }
  headers.sourceKey = reversed ? one.destinationPort : one.sourcePort;
  headers.destinationKey = reversed ? one.sourcePort : one.destinationPort;
  headers.replySourceKey = headers.destinationKey;
  headers.replyDestinationKey = headers.sourceKey;
  headers.mix();
  return headers;
}

const nameOf = (one: Flow): string => Object.values(one).join(' ');

test('connections are found by both directions until they are removed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const columns = new ConnectionColumns();
      const kept = new Map<string, number>();
      for (const { flow: one, does } of steps) {
        if (one.source === one.destination) continue;
        const back = {
          ...one,
          source: one.destination,
          destination: one.source,
          sourcePort: one.destinationPort,
          destinationPort: one.sourcePort,
        };
        const name = [nameOf(one), nameOf(back)].find((each) => kept.has(each));
        const record = name === undefined ? -1 : kept.get(name)!;
        expect(columns.find(headersOf(one, true))).toBe(record);
        expect(columns.find(headersOf(one, false))).toBe(record);
        if (record >= 0) expect(columns.isReply).toBe(name !== nameOf(one));
        if (does === 'insert' && record < 0) {
          kept.set(nameOf(one), columns.insert(headersOf(one, false)));
        } else if (does === 'remove' && name !== undefined) {
          columns.remove(record);
          kept.delete(name);
        }
        expect(columns.size).toBe(kept.size);
      }
    }),
  );
});

test('a table that has grown finds everything, and nothing once it is cleared', () => {
  const columns = new ConnectionColumns();
  const flows = Array.from(
    { length: 20_000 },
    (_, i): Flow => ({
      family: 4,
      protocol: 17,
      source: 1 + (i >>> 8),
      destination: 0x7fffffff,
      sourcePort: i & 255,
      destinationPort: 53,
    }),
  );
  const records = flows.map((one) => columns.insert(headersOf(one, false)));
  expect(new Set(records).size).toBe(flows.length);
  flows.forEach((one, i) => {
    expect(columns.find(headersOf(one, true))).toBe(records[i]);
  });
  columns.clear();
  expect(columns.size).toBe(0);
  expect(flows.every((one) => columns.find(headersOf(one, false)) < 0)).toBe(true);
});
