/** Returned for text that means a number in a way that is left to the full parser. */
export const NOT_PLAIN: unique symbol = Symbol('not plain');

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

const INTEGER = /^[-+]?[0-9]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/;
const NUMBER_IN_ANOTHER_WAY =
  /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+)$/;

/** What a scalar without quotes stands for, by YAML's core schema. Source: YAML 1.2.2, 10.3.2. */
export function plainValue(text: string): unknown {
  const first = text.charCodeAt(0);
  // A digit, a sign or a point.
  if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e) {
    if (INTEGER.test(text)) return Number.parseInt(text, 10);
    if (FLOAT.test(text)) return Number.parseFloat(text);
    return NUMBER_IN_ANOTHER_WAY.test(text) ? NOT_PLAIN : text;
  }
  return text.length <= 5 && WORDS.has(text) ? WORDS.get(text) : text;
}
