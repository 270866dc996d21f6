import { assertNever } from '../../source/never.ts';
import type { Labels, Selector } from './selector.ts';

/**
 * Whether the selector picks an endpoint with these labels.
 *
 * A missing label satisfies `!=` and `not in` only; a label with an empty value is present. `global()` is true here: it gets its
 * meaning where a namespaceSelector is translated.
 *
 * Source: libcalico-go/lib/selector/parser/ast.go, Evaluate.
 */
export function evaluateSelector(selector: Selector, labels: Labels): boolean {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return true;
    case 'has':
      return labels.has(selector.label);
    case 'equals':
      return labels.get(selector.label) === selector.value;
    case 'not-equals':
      return labels.get(selector.label) !== selector.value;
    case 'contains':
      return labels.get(selector.label)?.includes(selector.value) ?? false;
    case 'starts-with':
      return labels.get(selector.label)?.startsWith(selector.value) ?? false;
    case 'ends-with':
      return labels.get(selector.label)?.endsWith(selector.value) ?? false;
    case 'in':
      return isOneOf(labels.get(selector.label), selector.values);
    case 'not-in':
      return !isOneOf(labels.get(selector.label), selector.values);
    case 'not':
      return !evaluateSelector(selector.operand, labels);
    case 'and':
      return selector.operands.every((operand) => evaluateSelector(operand, labels));
    case 'or':
      return selector.operands.some((operand) => evaluateSelector(operand, labels));
    default:
      return assertNever(selector);
  }
}

function isOneOf(value: string | undefined, values: readonly string[]): boolean {
  return value !== undefined && values.includes(value);
}
