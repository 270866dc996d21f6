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
