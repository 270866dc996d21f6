import { isScalar, type Node } from 'yaml';
import type { Fields, Written } from './fields.ts';
import type { ReadingContext } from './reading-context.ts';
import { describeNode } from './wording.ts';

/**
 * A string, or a number or boolean as it is spelt in the document: `table: 100` and `table: "100"` mean the same, and `3.10`
 * keeps its zero. Reports anything else.
 */
export function scalarText(fields: Fields, name: string): Written<string> | undefined {
  const node = fields.node(name);
  return node === undefined ? undefined : scalarTextOf(fields.context, node, `\`${name}\``);
}

/** As `scalarText`, for a node that messages call `subject`. */
export function scalarTextOf(
  context: ReadingContext,
  node: Node,
  subject: string,
): Written<string> | undefined {
  const location = context.locateNode(node);
  if (isScalar(node)) {
    const { value } = node;
    if (typeof value === 'string') return { value, location };
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
      return { value: node.source ?? String(value), location };
    }
  }
  context.problem(
    'wrong-type',
    location,
    `${subject} must be a string or a number, but is ${describeNode(node)}`,
    'Write one value.',
  );
  return undefined;
}
