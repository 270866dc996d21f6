import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelector } from '../../../src/resources/selector/parse-selector.ts';
import { renderSelector } from '../../../src/resources/selector/render-selector.ts';
import type { Selector } from '../../../src/resources/selector/selector.ts';
import { selectorArbitrary } from './selector-arbitrary.ts';

function parsed(text: string): Selector {
  const result = parseSelector(text);
  if (result.kind === 'error') throw new Error(`${text}: ${result.message}`);
  return result.selector;
}

const a = (value: string): Selector => ({ kind: 'equals', label: 'a', value });
const x = a('x');
const hasB: Selector = { kind: 'has', label: 'b' };
const hasC: Selector = { kind: 'has', label: 'c' };

describe('every form of a selector is understood', () => {
  test.each<[string, Selector]>([
    ['', { kind: 'all' }],
    [' \t ', { kind: 'all' }],
    ['all()', { kind: 'all' }],
    ['all( \t)', { kind: 'all' }],
    ['global()', { kind: 'global' }],
    ['has(b)', hasB],
    ['has( b )', hasB],
    ['has(projectcalico.org/namespace)', { kind: 'has', label: 'projectcalico.org/namespace' }],
    ["a == 'x'", x],
    ['a=="x"', x],
    ['a == ""', a('')],
    ["a != 'x'", { kind: 'not-equals', label: 'a', value: 'x' }],
    ["a contains 'x'", { kind: 'contains', label: 'a', value: 'x' }],
    ["a contains'x'", { kind: 'contains', label: 'a', value: 'x' }],
    ["a starts with 'x'", { kind: 'starts-with', label: 'a', value: 'x' }],
    ["a startswith 'x'", { kind: 'starts-with', label: 'a', value: 'x' }],
    ["a starts  \twith 'x'", { kind: 'starts-with', label: 'a', value: 'x' }],
    ["a endswith 'x'", { kind: 'ends-with', label: 'a', value: 'x' }],
    ["a in {'x'}", { kind: 'in', label: 'a', values: ['x'] }],
    ["a in{'x','y'}", { kind: 'in', label: 'a', values: ['x', 'y'] }],
    ["a in {'x', 'y',}", { kind: 'in', label: 'a', values: ['x', 'y'] }],
    ['a in {}', { kind: 'in', label: 'a', values: [] }],
    ["a not in {'x'}", { kind: 'not-in', label: 'a', values: ['x'] }],
    ["a notin {'x'}", { kind: 'not-in', label: 'a', values: ['x'] }],
    ["a not   in {'x'}", { kind: 'not-in', label: 'a', values: ['x'] }],
    ['(has(b))', hasB],
    ['!has(b)', { kind: 'not', operand: hasB }],
    ['!!has(b)', hasB],
    ['! ! !has(b)', { kind: 'not', operand: hasB }],
    ["!a == 'x'", { kind: 'not', operand: x }],
    ['has(b) && has(c)', { kind: 'and', operands: [hasB, hasC] }],
    ['has(b)||has(c)', { kind: 'or', operands: [hasB, hasC] }],
  ])('%s', (text, wanted) => {
    expect(parsed(text)).toEqual(wanted);
  });

  test('&& binds tighter than || and parentheses tighter than both', () => {
    expect(parsed("a == 'x' || has(b) && has(c)")).toEqual({
      kind: 'or',
      operands: [x, { kind: 'and', operands: [hasB, hasC] }],
    });
    expect(parsed("(a == 'x' || has(b)) && has(c)")).toEqual({
      kind: 'and',
      operands: [{ kind: 'or', operands: [x, hasB] }, hasC],
    });
  });

  test('a string takes everything up to its own quote, backslashes and the other quote included', () => {
    expect(parsed(`a == 'say "x"'`)).toEqual(a('say "x"'));
    expect(parsed(`a == "it's"`)).toEqual(a("it's"));
    expect(parsed(String.raw`a == "x\"`)).toEqual(a('x\\'));
    expect(parsed("a == 'x && y\n'")).toEqual(a('x && y\n'));
  });

  test.each(['in', 'not', 'contains', 'starts', 'has', 'all', 'global', 'with'])(
    'the word %s is a label where a label must stand',
    (word) => {
      expect(parsed(`${word} == "x"`)).toEqual({ kind: 'equals', label: word, value: 'x' });
      expect(parsed(`has(${word})`)).toEqual({ kind: 'has', label: word });
    },
  );

  test('set members are sorted by code point and each kept once', () => {
    expect(parsed("a in {'b', 'a', 'b', '\u{1f600}', '\uffee', ''}")).toEqual({
      kind: 'in',
      label: 'a',
      values: ['', 'a', 'b', '\uffee', '\u{1f600}'],
    });
  });

  test('a label name may have 512 characters and no more', () => {
    expect(parsed(`has(${'l'.repeat(512)})`).kind).toBe('has');
    expect(parseSelector(`has(${'l'.repeat(513)})`)).toMatchObject({ kind: 'error', offset: 4 });
    expect(parseSelector(`${'l'.repeat(513)} == "x"`)).toMatchObject({ kind: 'error', offset: 0 });
  });
});

describe('what no Calico version understands is refused, with the place', () => {
  test.each<[string, number, RegExp]>([
    ["a = 'x'", 2, /`==`/],
    ['has(a) & has(b)', 7, /`&&`/],
    ['has(a) | has(b)', 7, /`\|\|`/],
    ["a =~ 'x'", 2, /`==`/],
    ['a == x', 5, /quotes: "x"/],
    ["a == 'x", 5, /Close it/],
    ['a == "x\'', 5, /Close it/],
    ['a', 1, /Use ==/],
    ['a ==', 4, /quotes/],
    ['a in', 4, /\{"a", "b"\}/],
    ["a in 'x'", 5, /\{"a", "b"\}/],
    ["a in {'x'", 9, /commas/],
    ["a in {'x' 'y'}", 10, /commas/],
    ["a in {,'x'}", 6, /commas/],
    ['a in {x}', 6, /quotes/],
    ["a like 'x'", 2, /contains/],
    ["a starts 'x'", 2, /starts with/],
    ["a not 'x'", 2, /not in/],
    ['has (a)', 4, /without a space/],
    ['has(a', 5, /has\(a\)/],
    ['has()', 4, /letters/],
    ['all(a)', 4, /all\(\)/],
    ['global(', 7, /global\(\)/],
    ['(has(a)', 7, /character 1/],
    ['has(a))', 6, /no \(/],
    ['has(a) has(b)', 7, /&&/],
    ['has(a) &&', 9, /has\(label\)/],
    ['&& has(a)', 0, /has\(label\)/],
    ["'x' == a", 0, /left/],
    ['!', 1, /has\(label\)/],
    ['()', 1, /has\(label\)/],
    ['a$b == "x"', 1, /contains/],
    ['has(a) &&\nhas(b)', 9, /one line/],
    ['\u00e4 == "x"', 0, /letters/],
  ])('%s', (text, offset, hint) => {
    expect(parseSelector(text)).toMatchObject({
      kind: 'error',
      offset,
      hint: expect.stringMatching(hint),
    });
  });

  test('parentheses beyond any need are an error, not an exhausted stack', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}all()${')'.repeat(depth)}`;
    expect(parseSelector(nested(500)).kind).toBe('selector');
    expect(parseSelector(nested(100_000))).toMatchObject({ kind: 'error', offset: 500 });
    expect(parseSelector('!('.repeat(100_000))).toMatchObject({ kind: 'error' });
  });
});

describe('what only newer versions understand is named', () => {
  test.each<[string, readonly [string, string][]]>([
    ["a == 'x' && has(b) && c not in {'y'} && all()", []],
    ["a contains 'x'", [['the selector operator `contains`', '3.9']]],
    ["a starts with 'x'", [['the selector operator `starts with`', '3.9']]],
    ["a endswith 'x' || b ends with 'y'", [['the selector operator `ends with`', '3.9']]],
    ['global()', [['the selector `global()`', '3.32']]],
    ["in == 'x'", [['the label `in` in a selector', '3.9']]],
    ["in-use == 'x'", [['the label `in-use` in a selector', '3.9']]],
    ["notin.x == 'x'", [['the label `notin.x` in a selector', '3.9']]],
    ["inner == 'x' && has(in)", []],
  ])('%s', (text, uses) => {
    const result = parseSelector(text);
    expect(result.kind === 'selector' && result.uses.map((u) => [u.feature, u.since])).toEqual(
      uses,
    );
  });
});

describe('properties', () => {
  test('parsing what was rendered gives the selector back', () => {
    fc.assert(
      fc.property(selectorArbitrary, (selector) => {
        expect(parsed(renderSelector(selector))).toEqual(selector);
      }),
    );
  });

  test('no text makes the parser throw', () => {
    const words = fc.constantFrom(
      ...['has(', 'all()', 'a', 'in', 'not in', '{', '}', '"x"', "'", '==', '!=', '!', '&&'],
      ...['||', '(', ')', ',', ' ', '\t', '\n', '=', '&', 'starts with', 'global()', '\u{1f600}'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((w) => w.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseSelector(text);
        if (result.kind === 'error') {
          expect(result.offset).toBeGreaterThanOrEqual(0);
          expect(result.offset).toBeLessThanOrEqual(text.length);
        } else expect(parseSelector(renderSelector(result.selector)).kind).toBe('selector');
      }),
      { numRuns: 1000 },
    );
  });
});
