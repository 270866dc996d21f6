import { expect, test } from 'vitest';
import { LoadedSets } from '../../src/lab/loaded-sets.ts';

const NET = 'create a hash:net family inet\nadd a 10.0.0.0/8\n';
const PORT = 'create a hash:ip,port family inet\nadd a 10.0.0.1,tcp:80\n';
const OTHER = 'create b hash:net family inet\nadd b 192.0.2.0/24\n';

test('makes sets from nothing at first', () => {
  expect(new LoadedSets().replacing(NET)).toBe(NET);
});

test('fills a set anew that rules use, and destroys one when the rules that used it are gone', () => {
  const sets = new LoadedSets();
  sets.replacing(NET);
  expect(sets.replacing(NET)).toBe('flush a\nadd a 10.0.0.0/8\n');
  expect(sets.replacing(OTHER)).toBe(OTHER);
  // Set `a` has been in no rule since then.
  expect(sets.replacing(OTHER)).toBe('destroy a\nflush b\nadd b 192.0.2.0/24\n');
});

test('makes a set of another kind once no rule uses the old one, and not before', () => {
  const sets = new LoadedSets();
  sets.replacing(NET);
  expect(sets.replacing(PORT)).toBeUndefined();
  sets.replacing(OTHER);
  expect(sets.replacing(PORT)).toBe(`destroy a\n${PORT}`);
});

test('knows of none once it is told that they are gone', () => {
  const sets = new LoadedSets();
  sets.replacing(NET);
  sets.clear();
  expect(sets.replacing(PORT)).toBe(PORT);
});
