import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { SourceLocation } from '../../source/location.ts';
import type { ProblemCode } from '../../source/problem.ts';
import { nearestName } from './nearest-name.ts';
import type { ReadingContext } from './reading-context.ts';

/** A value with the place where it is written. */
export interface Written<T> {
  readonly value: T;
  readonly location: SourceLocation;
}

interface Entry {
  readonly key: Scalar;
  readonly value: Node | null | undefined;
}

/**
 * One mapping of a document while it is read.
 *
 * Readers ask for the fields that the kind has; `finish` then reports every other one, so that the reader itself is the list of
 * known fields. Every wrong type is reported where it stands and read as absent.
 */
export class Fields {
  readonly context: ReadingContext;
  /** Where the mapping starts. */
  readonly location: SourceLocation;
  /** What the mapping is, for messages: `HostEndpoint spec`. */
  readonly what: string;
  private readonly entries: Map<string, Entry>;
  private readonly asked: Set<string> = new Set();

  constructor(context: ReadingContext, map: YAMLMap, what: string) {
    this.context = context;
    this.location = context.locateNode(map);
    this.what = what;
    this.entries = new Map();
    this.addEntries(map, 0);
  }

  private addEntries(map: YAMLMap, depth: number): void {
    for (const pair of map.items) {
      const key = pair.key as Node | null;
      const value = this.context.resolve(pair.value as Node | null);
      if (!isScalar(key)) {
        this.problem(
          'wrong-type',
          this.context.locateNode(key),
          'a field name must be a plain string',
        );
      } else if (key.value === '<<' && depth < 8) {
        this.addMerged(value, depth);
      } else {
        const name = String(key.value);
        if (depth === 0 || !this.entries.has(name)) this.entries.set(name, { key, value });
      }
    }
  }

  /** YAML 1.1 merge keys, which calicoctl and kubectl understand: fields written directly win. */
  private addMerged(value: Node | null | undefined, depth: number): void {
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const resolved = this.context.resolve(source as Node | null);
      if (isMap(resolved)) this.addEntries(resolved, depth + 1);
    }
  }

  /** Whether the field is written with anything but null. */
  has(name: string): boolean {
    return this.node(name) !== undefined;
  }

  /** The names that are written, in order. */
  names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** The value's node, aliases followed; undefined when absent or null. Counts as asked for. */
  node(name: string): Node | undefined {
    this.asked.add(name);
    const value = this.entries.get(name)?.value;
    if (value === null || value === undefined || (isScalar(value) && value.value === null)) {
      return undefined;
    }
    return value;
  }

  /** Where the field's value stands; where its name stands when it has none, the mapping when it is absent. */
  locationOf(name: string): SourceLocation {
    const entry = this.entries.get(name);
    if (entry === undefined) return this.location;
    return this.context.locateNode(entry.value?.range ? entry.value : entry.key);
  }

  /** Where the field's name stands; the mapping when it is absent. */
  keyLocation(name: string): SourceLocation {
    const entry = this.entries.get(name);
    return entry === undefined ? this.location : this.context.locateNode(entry.key);
  }

  string(name: string): Written<string> | undefined {
    const node = this.node(name);
    return node === undefined ? undefined : stringOf(this.context, node, `\`${name}\``);
  }

  /** A string that must be there; reports when it is absent or empty. */
  requiredString(name: string): Written<string> | undefined {
    const found = this.string(name);
    if (!this.has(name) || found?.value === '') {
      this.problem(
        'missing-field',
        found?.location ?? this.location,
        `${this.what} has no \`${name}\``,
      );
      return undefined;
    }
    return found;
  }

  boolean(name: string): Written<boolean> | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    if (isScalar(node) && typeof node.value === 'boolean') {
      return { value: node.value, location: this.context.locateNode(node) };
    }
    this.wrongType(name, node, 'true or false');
    return undefined;
  }

  /** Any finite number. */
  number(name: string): Written<number> | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    if (isScalar(node) && typeof node.value === 'number' && Number.isFinite(node.value)) {
      return { value: node.value, location: this.context.locateNode(node) };
    }
    this.wrongType(name, node, 'a number');
    return undefined;
  }

  /** A whole number within `range`, both ends included. */
  integer(name: string, range: { min: number; max: number }): Written<number> | undefined {
    const found = this.number(name);
    if (found === undefined) return undefined;
    if (Number.isInteger(found.value) && found.value >= range.min && found.value <= range.max) {
      return found;
    }
    this.problem(
      'invalid-value',
      found.location,
      `\`${name}\` is ${found.value}`,
      `Use a whole number from ${range.min} to ${range.max}.`,
    );
    return undefined;
  }

  /** One of `words`, compared exactly; reports with the list of them. */
  oneOf<T extends string>(name: string, words: readonly T[]): Written<T> | undefined {
    const found = this.string(name);
    if (found === undefined) return undefined;
    const word = words.find((candidate) => candidate === found.value);
    if (word !== undefined) return { value: word, location: found.location };
    this.problem(
      'invalid-value',
      found.location,
      `\`${name}\` is \`${found.value}\``,
      `Use ${orList(words)}.`,
    );
    return undefined;
  }

  /** The mapping in a field. */
  fields(name: string): Fields | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    if (isMap(node)) return new Fields(this.context, node, `${this.what}.${name}`);
    this.wrongType(name, node, 'a mapping');
    return undefined;
  }

  /** The nodes of a list field, aliases followed; null elements are reported and left out. */
  list(name: string): readonly Node[] {
    const node = this.node(name);
    if (node === undefined) return [];
    if (!isSeq(node)) {
      this.wrongType(name, node, 'a list');
      return [];
    }
    const items: Node[] = [];
    for (const item of node.items) {
      const resolved = this.context.resolve(item as Node | null);
      if (
        resolved === null ||
        resolved === undefined ||
        (isScalar(resolved) && resolved.value === null)
      ) {
        this.problem(
          'wrong-type',
          this.context.locateNode(resolved ?? node),
          `\`${name}\` has an empty element`,
        );
      } else items.push(resolved);
    }
    return items;
  }

  /** The mappings of a list field. */
  fieldsList(name: string): readonly Fields[] {
    const found: Fields[] = [];
    for (const node of this.list(name)) {
      if (isMap(node)) found.push(new Fields(this.context, node, `${this.what}.${name}`));
      else this.wrongType(name, node, 'a list of mappings');
    }
    return found;
  }

  strings(name: string): readonly Written<string>[] {
    const found: Written<string>[] = [];
    for (const node of this.list(name)) {
      const text = stringOf(this.context, node, `an element of \`${name}\``);
      if (text !== undefined) found.push(text);
    }
    return found;
  }

  /** A mapping of strings to strings, such as labels, with the place of every name and value. */
  stringMap(
    name: string,
  ): readonly { readonly name: Written<string>; readonly value: Written<string> }[] {
    const fields = this.fields(name);
    if (fields === undefined) return [];
    const found: { name: Written<string>; value: Written<string> }[] = [];
    for (const key of fields.names()) {
      const node = fields.node(key);
      const value =
        node === undefined
          ? { value: '', location: fields.keyLocation(key) }
          : stringOf(this.context, node, `\`${key}\``);
      if (value !== undefined) {
        found.push({ name: { value: key, location: fields.keyLocation(key) }, value });
      }
    }
    return found;
  }

  /** Marks fields as known without reading them. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.asked.add(name);
  }

  /** Reports every field that nobody asked for: an error with the nearest known name, or a warning when lenient. */
  finish(): void {
    for (const [name, entry] of this.entries) {
      if (this.asked.has(name)) continue;
      const nearest = nearestName(name, this.asked);
      this.problem(
        'unknown-field',
        this.context.locateNode(entry.key),
        `${this.what} has no field \`${name}\``,
        nearest === undefined
          ? `Known fields: ${[...this.asked].sort().join(', ')}.`
          : `Did you mean \`${nearest}\`?`,
        this.context.lenient ? 'warning' : 'error',
      );
    }
  }

  problem(
    code: ProblemCode,
    location: SourceLocation,
    message: string,
    hint?: string,
    severity: 'error' | 'warning' = 'error',
  ): void {
    this.context.problem(code, location, message, hint, severity);
  }

  private wrongType(name: string, node: Node, wanted: string): void {
    this.problem(
      'wrong-type',
      this.context.locateNode(node),
      `\`${name}\` must be ${wanted}, but is ${describeNode(node)}`,
    );
  }
}

/** A string scalar; reports anything else, naming it as `subject`. */
export function stringOf(
  context: ReadingContext,
  node: Node,
  subject: string,
): Written<string> | undefined {
  const location = context.locateNode(node);
  if (isScalar(node) && typeof node.value === 'string') return { value: node.value, location };
  const quotable = isScalar(node) && node.source !== undefined;
  context.problem(
    'wrong-type',
    location,
    `${subject} must be a string, but is ${describeNode(node)}`,
    quotable ? `Write "${node.source}" in quotes.` : undefined,
  );
  return undefined;
}

/** What a node is, in the words of YAML, for messages. */
export function describeNode(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'something else';
  const { value } = node;
  if (value === null) return 'null';
  if (typeof value === 'string') return `the string \`${value.slice(0, 60)}\``;
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
