import { assertNever } from '../../source/never.ts';
import type { Selector } from './selector.ts';

/**
 * The normal form: lists of `&&` and `||` in parentheses, set members sorted as parsed, double quotes unless the value
 * contains one. Equal texts mean equal selectors; `parseSelector` gives the selector back.
 *
 * Source: libcalico-go/lib/selector/parser/ast.go, collectFragments.
 */
export function renderSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return `${selector.kind}()`;
    case 'has':
      return `has(${selector.label})`;
    case 'equals':
      return `${selector.label} == ${quote(selector.value)}`;
    case 'not-equals':
      return `${selector.label} != ${quote(selector.value)}`;
    case 'contains':
      return `${selector.label} contains ${quote(selector.value)}`;
    case 'starts-with':
      return `${selector.label} starts with ${quote(selector.value)}`;
    case 'ends-with':
      return `${selector.label} ends with ${quote(selector.value)}`;
    case 'in':
      return `${selector.label} in {${selector.values.map(quote).join(', ')}}`;
    case 'not-in':
      return `${selector.label} not in {${selector.values.map(quote).join(', ')}}`;
    case 'not':
      return `!${renderSelector(selector.operand)}`;
    case 'and':
      return `(${selector.operands.map(renderSelector).join(' && ')})`;
    case 'or':
      return `(${selector.operands.map(renderSelector).join(' || ')})`;
    default:
      return assertNever(selector);
  }
}

function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
