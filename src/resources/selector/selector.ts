/**
 * A label selector as an expression tree.
 * `all` and the empty text are one; `and` and `or` have at least two operands.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'global' }
  | { readonly kind: 'has'; readonly label: string }
  | {
      readonly kind: 'equals' | 'not-equals' | 'contains' | 'starts-with' | 'ends-with';
      readonly label: string;
      readonly value: string;
    }
  | { readonly kind: 'in' | 'not-in'; readonly label: string; readonly values: readonly string[] }
  | { readonly kind: 'not'; readonly operand: Selector }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Selector[] };

/** Labels of an endpoint, network set or namespace. */
export type Labels = ReadonlyMap<string, string>;
