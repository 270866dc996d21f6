import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowTable } from '../../src/replay/flow-table.ts';

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
      for (const [number, flows] of classes) expect(table.flowsOf[number]).toBe(flows.size);
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
  const table = new FlowTable(100);
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
