import fc from 'fast-check';
import { expect, test } from 'vitest';
import { put16 } from '../../src/packet/header-bytes.ts';
import { FlowTable } from '../../src/replay/flow-table.ts';
import { conntrackSettings } from '../../src/simulate/conntrack/timeouts.ts';
import { CHECKED } from '../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../src/simulate/fast/plain-memory.ts';
import { PlainProgram } from '../../src/simulate/fast/plain-program.ts';

/** A packet of one of few flows, as the table is told of it, and its class. */
const packet = fc.record({
  protocol: fc.constantFrom(6, 17),
  a: fc.nat(20),
  b: fc.nat(20),
  aPort: fc.nat(3),
  bPort: fc.nat(3),
  first: fc.integer({ min: 4, max: 12 }),
});

test('flows are counted once in all and once for each class, whichever way their packets go', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 400 }), (packets) => {
      const table = new FlowTable();
      const all = new Set<string>();
      const classes = new Map<number, Set<string>>();
      for (const { protocol, a, b, aPort, bPort, first } of packets) {
        table.note4(protocol, a, b, aPort, bPort, first, first % 4);
        const ends = [`${a}:${aPort}`, `${b}:${bPort}`].sort();
        const key = `${protocol} ${ends.join(' ')}`;
        all.add(key);
        for (const number of [first, first % 4]) {
          classes.set(number, (classes.get(number) ?? new Set()).add(key));
        }
      }
      expect(table.flows).toBe(all.size);
      for (const [number, flows] of classes) expect(table.flowsOf(number)).toBe(flows.size);
    }),
  );
});

test('IPv6 flows are told apart by all of their addresses', () => {
  const table = new FlowTable();
  for (let word = 0; word < 8; word++) {
    const addresses = new Uint32Array(8);
    addresses[word] = 1;
    table.note6(17, addresses, 1, 2, 4, 0);
    table.note6(17, addresses, 1, 2, 4, 0);
  }
  // The eight are four pairs of opposite addresses, whose ports differ.
  expect(table.flows).toBe(8);
});

test('a flow is forgotten only after as many others came as a table holds', () => {
  const table = new FlowTable(new PlainMemory(), 100);
  const note = (flow: number): void => {
    table.note4(17, 1, 2, 3, flow, 4, 0);
  };
  note(0);
  for (let flow = 1; flow <= 90; flow++) note(flow);
  note(0);
  for (let flow = 91; flow <= 180; flow++) note(flow);
  note(0);
  expect(table.flows).toBe(181);
  for (let flow = 1000; flow < 1300; flow++) note(flow);
  note(0);
  expect(table.flows).toBe(181 + 300 + 1);
});

/** A UDP datagram without checksums from 192.0.2.a to 192.0.2.b. */
function datagramOf({
  a,
  b,
  aPort,
  bPort,
}: {
  a: number;
  b: number;
  aPort: number;
  bPort: number;
}): Uint8Array {
  const bytes = new Uint8Array(28);
  bytes.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, a, 192, 0, 2, b]);
  bytes.set([0, aPort, 0, bPort, 0, 8, 0, 0], 20);
  return bytes;
}

test('compiled code and the table count flows together as the table does alone', () => {
  const step = fc.record({
    a: fc.nat(9),
    b: fc.integer({ min: 10, max: 19 }),
    aPort: fc.nat(3),
    bPort: fc.nat(3),
    /** Classes with a bit, and more of the others than a record has room for. */
    outcome: fc.nat(39),
    isReversed: fc.boolean(),
    isLeft: fc.constantFrom(false, false, false, true),
  });
  const alones = { code: 0, table: 0 };
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 50, maxLength: 400 }),
      fc.constantFrom(30, 100, 10_000),
      (steps, most) => {
        const alone = new FlowTable(new PlainMemory(), most);
        const memory = new PlainMemory();
        const table = new FlowTable(memory, most);
        const program = new PlainProgram(memory, conntrackSettings(new Map()));
        const classOf = (outcome: number): number => 4 + outcome;
        for (let outcome = 0; outcome < 40; outcome++) {
          const verdictClass = outcome % 4;
          const flowClass = classOf(outcome);
          program.count(outcome, { flowClass, verdictClass, isStopped: false, opens: true });
        }
        for (const { outcome, isReversed, isLeft, ...ends } of steps) {
          const { a, b, aPort, bPort } = ends;
          const one = isReversed ? { a: b, b: a, aPort: bPort, bPort: aPort } : ends;
          const [source, destination] = [0xc0000200 + one.a, 0xc0000200 + one.b];
          const note = (to: FlowTable): number =>
            to.note4(17, source, destination, one.aPort, one.bPort, classOf(outcome), outcome % 4);
          note(alone);
          if (!program.read(0, datagramOf(one), CHECKED.none)) throw new Error('not plain');
          const isCounted = !isLeft && program.code.countPacket(0, 0, outcome) === 0;
          if (!isCounted) note(table);
          alones[isCounted ? 'code' : 'table']++;
        }
        expect(table.flows).toBe(alone.flows);
        for (let number = 0; number < 44; number++) {
          expect(table.flowsOf(number)).toBe(alone.flowsOf(number));
        }
      },
    ),
  );
  expect(alones.code).toBeGreaterThan(1000);
  expect(alones.table).toBeGreaterThan(1000);
});

test('compiled code adds flows to generations that were forgotten, however much memory these take', () => {
  const most = 20_000;
  const alone = new FlowTable(new PlainMemory(), most);
  const memory = new PlainMemory();
  const table = new FlowTable(memory, most);
  const program = new PlainProgram(memory, conntrackSettings(new Map()));
  program.count(0, { flowClass: 4, verdictClass: 0, isStopped: false, opens: true });
  const bytes = datagramOf({ a: 1, b: 200, aPort: 0, bPort: 53 });
  let byCode = 0;
  const count = (flow: number): void => {
    const [address, port] = [1 + (flow >>> 14), 1 + (flow & 0x3fff)];
    bytes[15] = address;
    put16(bytes, 20, port);
    if (!program.read(0, bytes, CHECKED.none)) throw new Error('not plain');
    const note = (to: FlowTable): number =>
      to.note4(17, 0xc0000200 + address, 0xc00002c8, port, 53, 4, 0);
    note(alone);
    if (program.code.countPacket(0, 0, 0) === 0) byCode++;
    else note(table);
  };
  const flows = most * 5;
  // Some come again while they are remembered, some when they are not.
  for (let flow = 0; flow < flows; flow++) {
    count(flow);
    if (flow % 5 === 0) count(Math.max(0, flow - most - (flow % 3) * most));
  }
  expect(table.flows).toBe(alone.flows);
  expect(table.flowsOf(4)).toBe(alone.flowsOf(4));
  expect(alone.flows).toBeGreaterThan(flows);
  expect(byCode).toBeGreaterThan(flows * 0.9);
});
