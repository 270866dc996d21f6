import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ValueIntervals, type ValueRange } from '../../src/simulate/value-intervals.ts';

const LAST = 0xffff_ffff;

test('without ranges there is one interval of all numbers', () => {
  const intervals = new ValueIntervals([]);
  expect(intervals.count).toBe(1);
  expect([0, 1, LAST].map((value) => intervals.indexOf(value))).toEqual([0, 0, 0]);
});

test('an interval begins with each range and behind each range', () => {
  const intervals = new ValueIntervals([
    { first: 10, last: 20 },
    { first: 20, last: 20 },
    { first: 0x8000_0000, last: LAST },
  ]);
  const starts = Array.from({ length: intervals.count }, (_, index) => intervals.firstOf(index));
  expect(starts).toEqual([0, 10, 20, 21, 0x8000_0000]);
});

test('a number is in the same ranges as the first of its interval', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: LAST - 40, max: LAST }),
  );
  const range = fc
    .tuple(value, value)
    .map(([a, b]): ValueRange => ({ first: Math.min(a, b), last: Math.max(a, b) }));
  fc.assert(
    fc.property(fc.array(range), value, (ranges, number) => {
      const intervals = new ValueIntervals(ranges);
      const first = intervals.firstOf(intervals.indexOf(number));
      expect(first).toBeLessThanOrEqual(number);
      const holds = (one: number): boolean[] => ranges.map((r) => one >= r.first && one <= r.last);
      expect(holds(first)).toEqual(holds(number));
    }),
  );
});
