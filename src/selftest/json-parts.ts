/** The way to a part of a JSON value: keys and positions from its root. */
export type PartPath = readonly (string | number)[];

/** Fields without which a document is another one, or none. */
const KEPT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'name', 'spec']);

/**
 * The parts of a document that might be left out, larger ones before those inside of them, and of a list the last ones first, so
 * that the ways of the others stay right when one is gone.
 */
export function partsOf(document: unknown): readonly PartPath[] {
  const found: PartPath[] = [];
  const walk = (value: unknown, path: PartPath): void => {
    if (typeof value !== 'object' || value === null) return;
    const keys: readonly (string | number)[] = Array.isArray(value)
      ? [...value.keys()].reverse()
      : Object.keys(value);
    for (const key of keys) {
      const inner = [...path, key];
      if (typeof key === 'number' || !KEPT.has(key)) found.push(inner);
      walk((value as Record<string | number, unknown>)[key], inner);
    }
  };
  walk(document, []);
  return found;
}

/** The value without one part; undefined where it has no such part (any more). */
export function withoutPart(value: unknown, path: PartPath): unknown {
  const [key, ...rest] = path;
  if (typeof value !== 'object' || value === null || key === undefined) return undefined;
  if (!(key in value)) return undefined;
  const inner = (value as Record<string | number, unknown>)[key];
  if (Array.isArray(value)) {
    if (rest.length === 0) return value.toSpliced(Number(key), 1);
    const smaller = withoutPart(inner, rest);
    return smaller === undefined ? undefined : value.with(Number(key), smaller);
  }
  const { [key]: _, ...others } = value as Record<string | number, unknown>;
  if (rest.length === 0) return others;
  const smaller = withoutPart(inner, rest);
  return smaller === undefined ? undefined : { ...value, [key]: smaller };
}
