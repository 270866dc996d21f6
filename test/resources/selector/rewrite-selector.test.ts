import { expect, test } from 'vitest';
import { parseSelector } from '../../../src/resources/selector/parse-selector.ts';
import { renderSelector } from '../../../src/resources/selector/render-selector.ts';
import {
  allOf,
  anyOf,
  negated,
  prefixLabels,
  replaceCalls,
} from '../../../src/resources/selector/rewrite-selector.ts';
import type { Selector } from '../../../src/resources/selector/selector.ts';

function parsed(text: string): Selector {
  const result = parseSelector(text);
  if (result.kind === 'error') throw new Error(result.message);
  return result.selector;
}

test('a prefix goes before every label name and nothing else', () => {
  const text =
    "a == 'x' && b != 'y' && (c in {'z'} || !d not in {'z'}) && has(e) && f contains 'f' && g startswith 'g' && h endswith 'h' && all()";
  expect(renderSelector(prefixLabels(parsed(text), 'pcns.'))).toBe(
    '(pcns.a == "x" && pcns.b != "y" && (pcns.c in {"z"} || !pcns.d not in {"z"}) && has(pcns.e) && pcns.f contains "f" && pcns.g starts with "g" && pcns.h ends with "h" && all())',
  );
});

test('all() and global() are replaced wherever they stand', () => {
  const namespaced = parsed('has(projectcalico.org/namespace)');
  const replacements = { all: namespaced, global: negated(namespaced) };
  expect(renderSelector(replaceCalls(parsed('all()'), replacements))).toBe(
    'has(projectcalico.org/namespace)',
  );
  expect(renderSelector(replaceCalls(parsed('!(global() || has(a))'), replacements))).toBe(
    '!(!has(projectcalico.org/namespace) || has(a))',
  );
  expect(renderSelector(replaceCalls(parsed('all() && global()'), { all: namespaced }))).toBe(
    '(has(projectcalico.org/namespace) && global())',
  );
});

test('selectors are joined without needless all()', () => {
  const a = parsed('has(a)');
  const b = parsed('has(b)');
  expect(renderSelector(allOf([]))).toBe('all()');
  expect(renderSelector(allOf([parsed(''), a]))).toBe('has(a)');
  expect(renderSelector(allOf([a, parsed('all()'), b]))).toBe('(has(a) && has(b))');
  expect(renderSelector(anyOf([a]))).toBe('has(a)');
  expect(renderSelector(anyOf([a, b]))).toBe('(has(a) || has(b))');
  expect(() => anyOf([])).toThrow('anyOf');
});

test('negating twice gives the selector back', () => {
  const a = parsed('has(a)');
  expect(renderSelector(negated(a))).toBe('!has(a)');
  expect(negated(negated(a))).toEqual(a);
});
