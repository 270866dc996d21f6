/** Whole numbers from 0 as ascending pairs of first and last; the pairs neither meet nor touch. */
export type Ranges = Int32Array;

/** A range of whole numbers, both ends in it. */
export type RangePair = readonly [first: number, last: number];

/** The numbers that are in any of the pairs, which may stand in any order and overlap. */
export function rangesOf(pairs: Iterable<RangePair>): Ranges {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of sorted) {
    const end = joined.at(-1);
    if (end !== undefined && first <= end + 1) joined[joined.length - 1] = Math.max(end, last);
    else joined.push(first, last);
  }
  return Int32Array.from(joined);
}

/** The numbers below `count` that are not in the ranges. */
export function complementOf(ranges: Ranges, count: number): Ranges {
  const pairs: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) pairs.push(next, ranges[i]! - 1);
    next = ranges[i + 1]! + 1;
  }
  if (next < count) pairs.push(next, count - 1);
  return Int32Array.from(pairs);
}

/** The numbers that are in either. */
export function unionOf(a: Ranges, b: Ranges): Ranges {
  const pairs: RangePair[] = [];
  for (const ranges of [a, b]) {
    for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  }
  return rangesOf(pairs);
}

/** The numbers that are in both; `undefined` stands for all numbers. */
export function intersectionOf(a: Ranges | undefined, b: Ranges): Ranges {
  if (a === undefined) return b;
  const pairs: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const first = Math.max(a[i]!, b[j]!);
    const last = Math.min(a[i + 1]!, b[j + 1]!);
    if (first <= last) pairs.push(first, last);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return Int32Array.from(pairs);
}

/** Whether a number is in the ranges. HOT */
export function isInRanges(ranges: Ranges, value: number): boolean {
  let low = 0;
  let high = ranges.length >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[2 * middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value <= ranges[2 * low - 1]!;
}
