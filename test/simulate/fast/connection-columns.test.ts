import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TCP_STATE } from '../../../src/simulate/conntrack/tcp-state.ts';
import { ConnectionColumns } from '../../../src/simulate/fast/connection-columns.ts';
import { FlowHeaders } from '../../../src/simulate/fast/flow-headers.ts';
import { PlainMemory } from '../../../src/simulate/fast/plain-memory.ts';
import { FIELD, FLAG, STATE_SHIFT } from '../../../src/simulate/fast/record-layout.ts';

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
      const columns = new ConnectionColumns(new PlainMemory());
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
  const columns = new ConnectionColumns(new PlainMemory());
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

test('what has expired is removed and nothing else, however often connections are refreshed', () => {
  const numbered = (number: number): FlowHeaders =>
    headersOf(
      {
        family: 4,
        protocol: 17,
        source: number,
        destination: 9999,
        sourcePort: 1,
        destinationPort: 2,
      },
      false,
    );
  const action = fc.record({
    number: fc.nat(3000),
    livesMs: fc.constantFrom(1, 10, 100, 1000, 30_000),
    passesMs: fc.constantFrom(0, 0, 0, 1, 5, 50),
    removes: fc.constantFrom(false, false, false, true),
  });
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 50, maxLength: 400 }),
      fc.nat(4000),
      (actions, many) => {
        const columns = new ConnectionColumns(new PlainMemory());
        const expiries = new Map<number, number>();
        let nowMs = 0;
        const refresh = (number: number, atMs: number): void => {
          if (columns.find(numbered(number)) < 0) columns.insert(numbered(number));
          const { times, at } = columns.records;
          times[(at + FIELD.expiresAt) >>> 1] = atMs;
          columns.noteExpiry(atMs);
          expiries.set(number, atMs);
        };
        // So many that only some of them are kept in order.
        for (let number = 10_000; number < 10_000 + many; number++) refresh(number, number % 977);
        for (const { number, livesMs, passesMs, removes } of actions) {
          nowMs += passesMs;
          refresh(number, nowMs + livesMs);
          if (!removes) continue;
          columns.removeExpired(nowMs);
          for (const [each, atMs] of expiries) if (atMs <= nowMs) expiries.delete(each);
          expect(columns.size).toBe(expiries.size);
          expect(columns.find(numbered(number)) >= 0).toBe(expiries.has(number));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a connection that may be forgotten is found as long as there is one', () => {
  const columns = new ConnectionColumns(new PlainMemory());
  const put = (number: number, flags: number): void => {
    const one = {
      family: 4,
      protocol: 6,
      source: number,
      destination: 9,
      sourcePort: 1,
      destinationPort: 2,
    } as const;
    if (columns.find(headersOf(one, false)) < 0) columns.insert(headersOf(one, false));
    const { words, times, at } = columns.records;
    words[at + FIELD.flags] = flags;
    columns.noteChange();
    times[(at + FIELD.expiresAt) >>> 1] = 100;
  };
  const established = FLAG.seenReply | FLAG.assured | (TCP_STATE.ESTABLISHED << STATE_SHIFT);
  const closing = FLAG.seenReply | FLAG.assured | (TCP_STATE.TIME_WAIT << STATE_SHIFT);
  expect(columns.hasForgettable(0)).toBe(false);
  for (let number = 0; number < 20; number++) put(number, established);
  expect(columns.hasForgettable(0)).toBe(false);
  put(7, closing);
  put(11, TCP_STATE.SYN_SENT << STATE_SHIFT);
  expect(columns.hasForgettable(0)).toBe(true);
  expect(columns.hasForgettable(100)).toBe(false);
  put(7, established);
  expect(columns.hasForgettable(0)).toBe(true);
  put(11, established);
  expect(columns.hasForgettable(0)).toBe(false);
});
