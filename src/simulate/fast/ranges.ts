/** Whole numbers from 0 as ascending pairs of first and last; the pairs neither meet nor touch. */
export type Ranges = readonly number[];

/** A range of whole numbers, both ends in it. */
export type RangePair = readonly [first: number, last: number];

/** The numbers that are in any of the pairs, which may stand in any order and overlap. */
export function rangesOf(pairs: Iterable<RangePair>): Ranges {
  const sorted = [...pairs].sort(byFirst);
  const joined: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const pair = sorted[i]!;
    const end = joined.length === 0 ? undefined : joined[joined.length - 1]!;
    if (end === undefined || pair[0] > end + 1) joined.push(pair[0], pair[1]);
    else if (pair[1] > end) joined[joined.length - 1] = pair[1];
  }
  // Without the room that pushing leaves.
  return joined.slice();
}

function byFirst(a: RangePair, b: RangePair): number {
  return a[0] - b[0];
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
  return pairs;
}

/** The numbers that are in either. */
export function unionOf(a: Ranges, b: Ranges): Ranges {
  const joined: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const isA = j >= b.length || (i < a.length && a[i]! <= b[j]!);
    const first = isA ? a[i]! : b[j]!;
    const last = isA ? a[i + 1]! : b[j + 1]!;
    if (isA) i += 2;
    else j += 2;
    const end = joined.length === 0 ? undefined : joined[joined.length - 1]!;
    if (end === undefined || first > end + 1) joined.push(first, last);
    else if (last > end) joined[joined.length - 1] = last;
  }
  return joined;
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
  return pairs;
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
