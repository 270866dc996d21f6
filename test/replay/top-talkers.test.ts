import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopTalkers } from '../../src/replay/top-talkers.ts';

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
