import { expect, test } from 'vitest';
import { parseSelector } from '../../../src/resources/selector/parse-selector.ts';
import { renderSelector } from '../../../src/resources/selector/render-selector.ts';

test.each([
  ['', 'all()'],
  ["a=='x'", 'a == "x"'],
  [`a != 'say "x"'`, `a != 'say "x"'`],
  [`a == "it's"`, `a == "it's"`],
  ["a in {'y','x',}", 'a in {"x", "y"}'],
  ["a notin {'y'}", 'a not in {"y"}'],
  ['a in {}', 'a in {}'],
  ["a startswith 'x'", 'a starts with "x"'],
  ["a endswith 'x'", 'a ends with "x"'],
  ["a contains'x'", 'a contains "x"'],
  ['has( a )&&global( )', '(has(a) && global())'],
  ['has(a) && has(b) || !has(c)', '((has(a) && has(b)) || !has(c))'],
  ['!(has(a) || has(b))', '!(has(a) || has(b))'],
  ['((has(a)))', 'has(a)'],
  ['!!(!has(a))', '!has(a)'],
  ['!(!has(a))', '!!has(a)'],
])('the normal form of %s is %s', (text, normal) => {
  const result = parseSelector(text);
  expect(result.kind === 'selector' && renderSelector(result.selector)).toBe(normal);
});
