import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { ReadingContext } from './reading-context.ts';
import { shorten } from './wording.ts';

/** One field of a mapping as written, aliases followed. */
export interface FieldEntry {
  readonly name: string;
  readonly key: Scalar;
  readonly value: Node | null | undefined;
  /** Whether a reader has asked for it. */
  asked: boolean;
}

/** From how many fields on a mapping is worth an index. */
const INDEXED_FROM = 12;

/** How deep merge keys may lead to further merge keys. */
const MAX_MERGES = 8;

/** The fields of one mapping by name, those behind merge keys included. A field that is written twice is reported. */
export class FieldEntries {
  /** In the order in which they are written; merged ones last. */
  readonly all: FieldEntry[] = [];
  private readonly context: ReadingContext;
  /** What the mapping is, for messages. */
  private readonly what: string;
  private readonly index: Map<string, FieldEntry> | undefined;

  constructor(context: ReadingContext, map: YAMLMap, what: string) {
    this.context = context;
    this.what = what;
    this.index = map.items.length >= INDEXED_FROM ? new Map() : undefined;
    this.addMap(map, 0);
  }

  find(name: string): FieldEntry | undefined {
    if (this.index !== undefined) return this.index.get(name);
    const { all } = this;
    for (let i = 0; i < all.length; i++) {
      const entry = all[i] as FieldEntry;
      if (entry.name === name) return entry;
    }
    return undefined;
  }

  private addMap(map: YAMLMap, depth: number): void {
    let merged: (Node | null | undefined)[] | undefined;
    for (const pair of map.items) {
      const key = this.context.resolve(pair.key as Node | null);
      const value = this.context.resolve(pair.value as Node | null);
      if (!isScalar(key)) {
        this.wrongType(pair.key as Node | null, 'a field name must be a plain string');
      } else if (key.value === '<<' && depth < MAX_MERGES) {
        merged ??= [];
        merged.push(value);
      } else this.add(key, value, depth);
    }
    // After the fields themselves, because those win over merged ones.
    for (const value of merged ?? []) this.addMerged(value, depth);
  }

  private add(key: Scalar, value: Node | null | undefined, depth: number): void {
    const name = String(key.value);
    const before = this.find(name);
    if (before === undefined) {
      const entry = { name, key, value, asked: false };
      this.all.push(entry);
      this.index?.set(name, entry);
    } else if (depth === 0) {
      this.context.problemWith(
        'duplicate-key',
        this.context.locateNode(key),
        `${this.what} has the field \`${shorten(name)}\` twice`,
        { related: [this.context.locateNode(before.key)], hint: 'Remove one of the two.' },
      );
    }
  }

  /** YAML 1.1 merge keys, which calicoctl and kubectl understand: fields written directly win. */
  private addMerged(value: Node | null | undefined, depth: number): void {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const resolved = this.context.resolve(source as Node | null);
      if (isMap(resolved)) this.addMap(resolved, depth + 1);
      else this.wrongType(resolved, '`<<` must be a mapping');
    }
  }

  private wrongType(node: Node | null | undefined, message: string): void {
    this.context.problem('wrong-type', this.context.locateNode(node), message);
  }
}
