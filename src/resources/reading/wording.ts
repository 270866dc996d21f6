import { isMap, isScalar, isSeq, type Node } from 'yaml';

/** User input for a message: long text is cut. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/** What a node is, in the words of YAML, for messages. */
export function describeNode(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'something else';
  const { value } = node;
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string \`${shorten(value)}\``;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return `the ${typeof value === 'boolean' ? 'boolean' : 'number'} \`${value}\``;
  }
  return 'a value of another type';
}

/** `a`, `b` or `c`, each in backticks. */
export function orList(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
