import { expect, test } from 'vitest';
import { evaluateSelector } from '../../../src/resources/selector/evaluate-selector.ts';
import { parseSelector } from '../../../src/resources/selector/parse-selector.ts';

function selects(text: string, labels: Record<string, string>): boolean {
  const result = parseSelector(text);
  if (result.kind === 'error') throw new Error(result.message);
  return evaluateSelector(result.selector, new Map(Object.entries(labels)));
}

/** Each selector against: label missing, label empty, label with the value, label with another value. */
test.each<[string, boolean, boolean, boolean, boolean]>([
  ["l == 'prod'", false, false, true, false],
  ["l == ''", false, true, false, false],
  ["l != 'prod'", true, true, false, true],
  ["l != ''", true, false, true, true],
  ["l in {'prod', 'x'}", false, false, true, false],
  ["l in {''}", false, true, false, false],
  ['l in {}', false, false, false, false],
  ["l not in {'prod', 'x'}", true, true, false, true],
  ["l not in {''}", true, false, true, true],
  ['l not in {}', true, true, true, true],
  ['has(l)', false, true, true, true],
  ['!has(l)', true, false, false, false],
  ["l contains 'ro'", false, false, true, false],
  ["l contains ''", false, true, true, true],
  ["l starts with 'pr'", false, false, true, false],
  ["l starts with 'ro'", false, false, false, false],
  ["l ends with 'od'", false, false, true, false],
  ["l ends with 'pro'", false, false, false, false],
  ['all()', true, true, true, true],
  ['', true, true, true, true],
  ['global()', true, true, true, true],
  ['!all()', false, false, false, false],
  ["!l == 'prod'", true, true, false, true],
])(
  '%s with the label missing, empty, equal and different',
  (text, missing, empty, equal, other) => {
    expect(selects(text, { m: 'prod' })).toBe(missing);
    expect(selects(text, { l: '' })).toBe(empty);
    expect(selects(text, { l: 'prod' })).toBe(equal);
    expect(selects(text, { l: 'dev' })).toBe(other);
  },
);

test.each<[string, boolean]>([
  ["a == '1' && b == '2'", true],
  ["a == '1' && b == '9'", false],
  ["a == '9' || b == '2'", true],
  ["a == '9' || b == '9'", false],
  ["a == '9' && b == '2' || has(c)", true],
  ["a == '9' && (b == '2' || has(c))", false],
  ["!(a == '1' && b == '9')", true],
])('%s joins comparisons', (text, wanted) => {
  expect(selects(text, { a: '1', b: '2', c: '3' })).toBe(wanted);
});
