import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ReadingContext } from './reading/reading-context.ts';
import type { WrittenValue } from './scenario-document.ts';

/** How many values one field may hold, each use of an alias counted, and how deep they may nest. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 32;

/**
 * A node as a JSON value with the place of everything in it. Reports what JSON does not have, and what is too large for a packet or
 * an expectation; undefined then.
 */
export function writtenValueOf(context: ReadingContext, node: Node): WrittenValue | undefined {
  return new ValueReader(context).read(node, 0);
}

class ValueReader {
  private readonly context: ReadingContext;
  private count = 0;

  constructor(context: ReadingContext) {
    this.context = context;
  }

  read(written: Node | null | undefined, depth: number): WrittenValue | undefined {
    const node = this.context.resolve(written);
    const location = this.context.locateNode(written ?? node);
    this.count++;
    if (this.count > MAX_VALUES || depth > MAX_DEPTH) {
      // Once is enough: every further value would be too many as well.
      if (this.count <= MAX_VALUES + 1) {
        this.context.problem('yaml-limit', location, 'the value is too large', 'Write less.');
        this.count = MAX_VALUES + 2;
      }
      return undefined;
    }
    if (node === null || node === undefined) return { kind: 'scalar', value: null, location };
    if (isScalar(node)) return this.scalar(node.value, location);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item as Node | null, depth + 1));
      return items.every((item) => item !== undefined)
        ? { kind: 'list', items, location }
        : undefined;
    }
    return isMap(node) ? this.map(node.items, location, depth) : undefined;
  }

  private scalar(value: unknown, location: WrittenValue['location']): WrittenValue | undefined {
    if (typeof value === 'bigint') return { kind: 'scalar', value: Number(value), location };
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      return { kind: 'scalar', value, location };
    }
    this.context.problem('wrong-type', location, 'the value is none that JSON has');
    return undefined;
  }

  private map(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    location: WrittenValue['location'],
    depth: number,
  ): WrittenValue | undefined {
    const entries = new Map<string, WrittenValue>();
    let complete = true;
    for (const pair of pairs) {
      const key = this.context.resolve(pair.key as Node | null);
      const value = this.read(pair.value as Node | null, depth + 1);
      if (!isScalar(key)) {
        const place = this.context.locateNode(pair.key as Node | null);
        this.context.problem('wrong-type', place, 'a field name must be a plain string');
        complete = false;
      } else if (entries.has(String(key.value))) {
        this.context.problem(
          'duplicate-key',
          this.context.locateNode(key),
          `the field \`${String(key.value).slice(0, 60)}\` is written twice`,
          'Remove one of the two.',
        );
      } else if (value === undefined) complete = false;
      else entries.set(String(key.value), value);
    }
    return complete ? { kind: 'map', entries, location } : undefined;
  }
}
