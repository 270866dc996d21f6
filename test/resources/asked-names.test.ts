import { expect, test } from 'vitest';
import { AskedNames } from '../../src/resources/reading/asked-names.ts';

function asked(...names: readonly string[]): AskedNames {
  return names.reduce((before, name) => before.and(name), AskedNames.none);
}

test('names are listed in the order in which they were asked for', () => {
  expect(AskedNames.none.list()).toEqual([]);
  expect(asked('b', 'a', 'b').list()).toEqual(['b', 'a', 'b']);
});

test('the same names in the same order are one object, others are another', () => {
  const first = asked('a', 'b');
  expect(asked('a', 'c').list()).toEqual(['a', 'c']);
  expect(asked('a', 'b')).toBe(first);
});

test('more orders of names than are kept are listed all the same', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `name-${at}`);
  expect(asked(...names).list()).toEqual(names);
  expect(asked(...names.toReversed()).list()).toEqual(names.toReversed());
});
