import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopTalkers } from '../../src/replay/top-talkers.ts';
import { conntrackSettings } from '../../src/simulate/conntrack/timeouts.ts';
import { PLAIN, REMAINS, STATE } from '../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../src/simulate/fast/plain-memory.ts';
import { PlainProgram } from '../../src/simulate/fast/plain-program.ts';

test('the addresses with the most packets come first', () => {
  const talkers = new TopTalkers();
  for (const address of ['a', 'b', 'b', 'c', 'c', 'c']) talkers.count(address);
  expect(talkers.top(2)).toEqual([
    { address: 'c', packets: 3 },
    { address: 'b', packets: 2 },
  ]);
  expect(talkers.missing).toBe(0);
});

test('with more addresses than are counted the frequent ones are kept, and what counts may lack is said', () => {
  const talkers = new TopTalkers(100);
  let loud = 0;
  for (let i = 0; i < 10_000; i++) {
    talkers.count(`quiet-${i}`);
    if (i % 10 === 0) {
      talkers.count('loud');
      loud++;
    }
  }
  const [first] = talkers.top(1);
  expect(first?.address).toBe('loud');
  expect(first?.packets).toBeLessThanOrEqual(loud);
  expect(first?.packets).toBeGreaterThanOrEqual(loud - talkers.missing);
});

test('IPv4 addresses as numbers are counted as those that are written, many of them and near each other', () => {
  const talkers = new TopTalkers();
  for (let i = 0; i < 5000; i++) {
    talkers.count(0x0a00_0000 + i);
    if (i >= 4998) talkers.count(0x0a00_0000 + i);
  }
  talkers.count(0xffff_ffff | 0, 7);
  talkers.count(0, 6);
  talkers.count('2001:db8::1', 5);
  expect(talkers.top(5)).toEqual([
    { address: '255.255.255.255', packets: 7 },
    { address: '0.0.0.0', packets: 6 },
    { address: '2001:db8::1', packets: 5 },
    { address: '10.0.19.134', packets: 2 },
    { address: '10.0.19.135', packets: 2 },
  ]);
});

test('of numbers, too, the frequent ones are kept', () => {
  const talkers = new TopTalkers(100);
  let loud = 0;
  for (let i = 1; i <= 10_000; i++) {
    talkers.count(i);
    if (i % 10 === 0) {
      talkers.count(-1);
      loud++;
    }
  }
  const [first] = talkers.top(1);
  expect(first?.address).toBe('255.255.255.255');
  expect(first?.packets).toBeLessThanOrEqual(loud);
  expect(first?.packets).toBeGreaterThanOrEqual(loud - talkers.missing);
});

test('the top is that of all counts sorted, however many are alike', () => {
  const counted = fc.record({ address: fc.nat(40), packets: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(fc.array(counted), fc.integer({ min: 1, max: 12 }), (all, most) => {
      const talkers = new TopTalkers();
      const packetsOf = new Map<string, number>();
      for (const { address, packets } of all) {
        // Some are written and some are numbers.
        const text = address < 10 ? `2001:db8::${address}` : `10.0.0.${address}`;
        talkers.count(address < 10 ? text : 0x0a000000 + address, packets);
        packetsOf.set(text, (packetsOf.get(text) ?? 0) + packets);
      }
      const sorted = [...packetsOf]
        .map(([address, packets]) => ({ address, packets }))
        .sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1));
      expect(talkers.top(most)).toEqual(sorted.slice(0, most));
    }),
  );
});

test('compiled code counts addresses in the same table', () => {
  let byCode = 0;
  let left = 0;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          address: fc.oneof(fc.nat(20), fc.nat(400), fc.integer()),
          by: fc.constantFrom('code', 'code', 'code', 'number', 'text'),
        }),
        { minLength: 20, maxLength: 600 },
      ),
      fc.constantFrom(10, 100, 10_000),
      (packets, most) => {
        const memory = new PlainMemory();
        const program = new PlainProgram(memory, conntrackSettings(new Map()));
        program.count(0, { flowClass: 4, verdictClass: 1, isStopped: true, opens: false });
        const alone = new TopTalkers(most);
        const table = STATE.sources;
        const shared = new TopTalkers(most, { memory, table });
        for (const { address, by } of packets) {
          const key = by === 'text' ? `2001:db8::${address}` : address;
          alone.count(key);
          if (by !== 'code') {
            shared.count(key);
            continue;
          }
          memory.words[program.wordOf(0) + PLAIN.source] = address;
          const remains = program.code.countPacket(0, 0, 0);
          if ((remains & REMAINS.source) !== 0) {
            shared.count(address);
            left++;
          } else byCode++;
        }
        expect(shared.top(50)).toEqual(alone.top(50));
        expect(shared.missing).toBe(alone.missing);
      },
    ),
    { numRuns: 200 },
  );
  expect(byCode).toBeGreaterThan(1000);
  expect(left).toBeGreaterThan(10);
});
