import { expect, test } from 'vitest';
import { CandidateRows } from '../../src/simulate/candidate-rows.ts';

const RULES = 70;

/** Rules 1, 33 and 69 ask for a key of their own; all others for nothing. */
function rowsOf(rules: number): CandidateRows<number> {
  const asking = [1, 33, 69].map((rule) => ({ rule, criterion: rule * 10 }));
  return new CandidateRows({ rules, asking, takes: (criterion, key) => criterion === key }, 1000);
}

function candidatesIn(row: Int32Array): number[] {
  return Array.from({ length: RULES }, (_, rule) => rule).filter(
    (rule) => (row[rule >>> 5]! & (1 << (rule & 31))) !== 0,
  );
}

test('rules that ask for nothing are candidates for every key, the others for theirs', () => {
  const rows = rowsOf(RULES);
  const indifferent = Array.from({ length: RULES }, (_, rule) => rule).filter(
    (rule) => ![1, 33, 69].includes(rule),
  );
  expect(candidatesIn(rows.of(0))).toEqual(indifferent);
  expect(candidatesIn(rows.of(330))).toEqual([...indifferent, 33].sort((a, b) => a - b));
});

test('rows that are no longer kept are made again, and those handed out stay as they were', () => {
  // Two rows of this many rules are more than is kept.
  const rows = rowsOf(32 * 3_000_000);
  const first = rows.of(10);
  const second = rows.of(690);
  expect(candidatesIn(first)).toContain(1);
  expect(candidatesIn(second)).not.toContain(1);
  const again = rows.of(10);
  expect(again === first).toBe(false);
  expect(candidatesIn(again)).toEqual(candidatesIn(first));
});

test('values that no rule tells apart share a row', () => {
  const rows = rowsOf(RULES);
  expect(rows.of(2)).toBe(rows.of(1));
  expect(rows.of(330)).not.toBe(rows.of(1));
});
