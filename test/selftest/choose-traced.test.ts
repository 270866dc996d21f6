import { expect, test } from 'vitest';
import { chooseTraced } from '../../src/selftest/choose-traced.ts';

const sequences = Array.from({ length: 10 }, () => ({ packets: [] }));

const traced = (index: number, every: number): number =>
  chooseTraced(index, sequences, every).filter(({ trace }) => trace).length;

test.each([1, 3, 8, 20])('one sequence of %d is traced, or a little more', (every) => {
  let sum = 0;
  for (let index = 0; index < 100; index++) sum += traced(index, every);
  expect(sum).toBeGreaterThanOrEqual(1000 / every);
  expect(sum).toBeLessThanOrEqual((1000 / every) * 1.6);
});

test('which ones depends on the ruleset’s number alone, and the last ones of a ruleset are', () => {
  expect([0, 1, 2, 3, 4].map((index) => traced(index, 20))).toEqual([2, 0, 0, 0, 2]);
  expect(
    chooseTraced(8, sequences, 20)
      .map(({ trace }) => trace)
      .lastIndexOf(false),
  ).toBe(7);
});
