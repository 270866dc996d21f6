import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  complementOf,
  intersectionOf,
  isInRanges,
  type Ranges,
  rangesOf,
  unionOf,
} from '../../../src/simulate/fast/ranges.ts';

const COUNT = 40;
const ranges = fc
  .array(fc.tuple(fc.nat(COUNT - 1), fc.nat(6)), { maxLength: 6 })
  .map((pairs) =>
    rangesOf(pairs.map(([first, more]) => [first, Math.min(COUNT - 1, first + more)])),
  );
const numbers = Array.from({ length: COUNT }, (_, i) => i);
const held = (some: Ranges): readonly number[] => numbers.filter((one) => isInRanges(some, one));

test('ranges hold what sets of their numbers hold', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [inA, inB] = [new Set(held(a)), new Set(held(b))];
      expect(held(unionOf(a, b))).toEqual(numbers.filter((one) => inA.has(one) || inB.has(one)));
      expect(held(intersectionOf(a, b))).toEqual(
        numbers.filter((one) => inA.has(one) && inB.has(one)),
      );
      expect(held(complementOf(a, COUNT))).toEqual(numbers.filter((one) => !inA.has(one)));
      expect(intersectionOf(undefined, a)).toEqual(a);
    }),
  );
});

test('pairs neither meet nor touch', () => {
  expect([
    ...rangesOf([
      [4, 6],
      [1, 3],
      [9, 9],
      [5, 7],
    ]),
  ]).toEqual([1, 7, 9, 9]);
});
