import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateSelector } from '../../../src/resources/selector/evaluate-selector.ts';
import { LabelIndex } from '../../../src/resources/selector/label-index.ts';
import { parseSelector } from '../../../src/resources/selector/parse-selector.ts';
import type { Labels, Selector } from '../../../src/resources/selector/selector.ts';
import { labelsArbitrary, selectorArbitrary } from './selector-arbitrary.ts';

function parsed(text: string): Selector {
  const result = parseSelector(text);
  if (result.kind === 'error') throw new Error(result.message);
  return result.selector;
}

test('the index picks what evaluating every item picks, in the same order', () => {
  fc.assert(
    fc.property(
      fc.array(labelsArbitrary, { maxLength: 80 }),
      fc.array(selectorArbitrary, { maxLength: 10 }),
      (items, selectors) => {
        const index = new LabelIndex(items, (labels) => labels);
        for (const selector of selectors) {
          expect(index.matching(selector)).toEqual(
            items.filter((labels) => evaluateSelector(selector, labels)),
          );
        }
      },
    ),
  );
});

test('the index agrees with evaluation over many items, where short lists and bitmaps both serve', () => {
  const items: Labels[] = Array.from(
    { length: 2051 },
    (_, n) =>
      new Map([
        ['host', `node-${n}`],
        ['role', ['edge', 'db', 'worker'][n % 3] as string],
        ['app', `app-${n % 500}`],
        ...(n % 700 === 0 ? ([['rare', '']] as const) : []),
      ]),
  );
  const index = new LabelIndex(items, (labels) => labels);
  for (const text of [
    "host == 'node-7'",
    "host in {'node-2050'} && role == 'db'",
    "host in {'node-2050'} && role == 'edge'",
    "app == 'app-7' && role != 'edge' && !has(rare)",
    "role == 'db' || has(rare)",
    "!(role == 'db')",
    'has(rare)',
    '!has(rare)',
    "host ends with '99'",
    "role in {'db', 'edge'} && app not in {'app-1', 'app-2'}",
    'role in {} && has(host)',
    "nobody == 'x'",
    "nobody != 'x'",
    "!(host == 'node-2050')",
    '!all()',
  ]) {
    const selector = parsed(text);
    expect(index.matching(selector), text).toEqual(
      items.filter((labels) => evaluateSelector(selector, labels)),
    );
  }
});

test('no items and items without labels are answered too', () => {
  expect(new LabelIndex([], () => new Map()).matching(parsed('!has(a)'))).toEqual([]);
  expect(new LabelIndex(['x', 'y'], () => new Map()).matching(parsed('!has(a)'))).toEqual([
    'x',
    'y',
  ]);
});
