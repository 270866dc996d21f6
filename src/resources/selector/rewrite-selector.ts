import type { Selector } from './selector.ts';

/** Selects what every one of the selectors selects; `all` operands are left out, and none gives `all`. */
export function allOf(selectors: readonly Selector[]): Selector {
  const operands = selectors.filter((selector) => selector.kind !== 'all');
  return joined('and', operands) ?? { kind: 'all' };
}

/** Selects what any of the selectors selects; at least one is needed. */
export function anyOf(selectors: readonly Selector[]): Selector {
  const selector = joined('or', selectors);
  if (selector === undefined) throw new Error('anyOf needs a selector');
  return selector;
}

/** Selects everything else. */
export function negated(selector: Selector): Selector {
  return selector.kind === 'not' ? selector.operand : { kind: 'not', operand: selector };
}

/**
 * The selector with `prefix` before every label name, such as `pcns.` for labels of namespaces.
 *
 * Source: libcalico-go/lib/selector/parser/ast.go, PrefixVisitor.
 */
export function prefixLabels(selector: Selector, prefix: string): Selector {
  return mapLeaves(selector, (leaf) =>
    'label' in leaf ? { ...leaf, label: `${prefix}${leaf.label}` } : leaf,
  );
}

/** The selector with every `all()` and `global()` replaced; an omitted replacement keeps what is there. */
export function replaceCalls(
  selector: Selector,
  replacements: { readonly all?: Selector; readonly global?: Selector },
): Selector {
  return mapLeaves(selector, (leaf) => {
    if (leaf.kind === 'all') return replacements.all ?? leaf;
    if (leaf.kind === 'global') return replacements.global ?? leaf;
    return leaf;
  });
}

type Leaf = Exclude<Selector, { kind: 'not' | 'and' | 'or' }>;

function mapLeaves(selector: Selector, map: (leaf: Leaf) => Selector): Selector {
  switch (selector.kind) {
    case 'not':
      return { kind: 'not', operand: mapLeaves(selector.operand, map) };
    case 'and':
    case 'or':
      return {
        kind: selector.kind,
        operands: selector.operands.map((operand) => mapLeaves(operand, map)),
      };
    default:
      return map(selector);
  }
}

function joined(kind: 'and' | 'or', operands: readonly Selector[]): Selector | undefined {
  return operands.length < 2 ? operands[0] : { kind, operands };
}
