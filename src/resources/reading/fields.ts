import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import type { SourceLocation } from '../../source/location.ts';
import type { ProblemCode } from '../../source/problem.ts';
import { AskedNames } from './asked-names.ts';
import { FieldEntries, type FieldEntry } from './field-entries.ts';
import type { ReadingContext } from './reading-context.ts';
import { describeNode, orList, shorten } from './wording.ts';

/** A value with the place where it is written. */
export interface Written<T> {
  readonly value: T;
  readonly location: SourceLocation;
}

/**
 * One mapping of a document while it is read.
 *
 * Readers ask for the fields that the kind has; `finish` then reports every other one, so that the reader itself is the list of
 * known fields. Every wrong type is reported where it stands and read as absent.
 */
export class Fields {
  readonly context: ReadingContext;
  /** What the mapping is, for messages: `HostEndpoint.spec`. */
  what: string;
  private readonly map: YAMLMap;
  private readonly entries: FieldEntries;
  private known: AskedNames = AskedNames.none;
  private place: SourceLocation | undefined;

  constructor(context: ReadingContext, map: YAMLMap, what: string) {
    this.context = context;
    this.map = map;
    this.what = what;
    this.entries = new FieldEntries(context, map, what);
  }

  /** Where the mapping starts. */
  get location(): SourceLocation {
    this.place ??= this.context.locateNode(this.map);
    return this.place;
  }

  private ask(name: string): FieldEntry | undefined {
    const entry = this.entries.find(name);
    if (entry !== undefined) entry.asked = true;
    this.known = this.known.and(name);
    return entry;
  }

  /** The same mapping by another name, once it is known what it is. */
  as(what: string): this {
    this.what = what;
    return this;
  }

  /** Whether the field is written with anything but null. */
  has(name: string): boolean {
    return this.node(name) !== undefined;
  }

  /** The names that are written, in order. */
  names(): readonly string[] {
    return this.entries.all.map((entry) => entry.name);
  }

  /** The value's node, aliases followed; undefined when absent or null. Counts as asked for. */
  node(name: string): Node | undefined {
    const entry = this.ask(name);
    return entry === undefined ? undefined : presentValue(entry);
  }

  /** Where the field's value stands; where its name stands when it has none, the mapping when it is absent. */
  locationOf(name: string): SourceLocation {
    const entry = this.entries.find(name);
    if (entry === undefined) return this.location;
    return this.context.locateNode(entry.value?.range ? entry.value : entry.key);
  }

  /** Where the field's name stands; the mapping when it is absent. */
  keyLocation(name: string): SourceLocation {
    const entry = this.entries.find(name);
    return entry === undefined ? this.location : this.context.locateNode(entry.key);
  }

  string(name: string): Written<string> | undefined {
    const node = this.node(name);
    return node === undefined ? undefined : stringOf(this.context, node, `\`${name}\``);
  }

  /** A string, where nobody asks for its place. */
  text(name: string): string | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    return stringOf(this.context, node, `\`${name}\``)?.value;
  }

  /** A string that must be there, where nobody asks for its place; reports when it is absent or empty. */
  requiredText(name: string): string | undefined {
    const text = this.text(name);
    if (text === '' || (text === undefined && !this.has(name))) {
      this.reportMissing(name, text === undefined ? this.location : this.locationOf(name));
      return undefined;
    }
    return text;
  }

  private reportMissing(name: string, location: SourceLocation): void {
    this.problem('missing-field', location, `${this.what} has no \`${name}\``);
  }

  /** Whether the value is a block of text, whose lines are lines of the file. */
  isBlock(name: string): boolean {
    const start = this.node(name)?.range?.[0];
    return start !== undefined && this.context.text[start] === '|';
  }

  /** A string that must be there; reports when it is absent or empty. */
  requiredString(name: string): Written<string> | undefined {
    const found = this.string(name);
    if (!this.has(name) || found?.value === '') {
      this.reportMissing(name, found?.location ?? this.location);
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
      `\`${name}\` is \`${shorten(found.value)}\``,
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
    // Most lists are as their readers want them.
    if (node.items.every(isPresent)) return node.items;
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
    const what = `${this.what}.${name}`;
    for (const node of this.list(name)) {
      if (isMap(node)) found.push(new Fields(this.context, node, what));
      else this.wrongType(name, node, 'a list of mappings');
    }
    return found;
  }

  strings(name: string): readonly Written<string>[] {
    return this.stringsOf(this.list(name), name);
  }

  /** The strings among the elements of a list field; others are reported. */
  stringsOf(nodes: readonly Node[], name: string): readonly Written<string>[] {
    const found: Written<string>[] = [];
    for (const node of nodes) {
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
    for (const entry of fields.entries.all) {
      const node = presentValue(entry);
      const location = this.context.locateNode(entry.key);
      const value =
        node === undefined
          ? { value: '', location }
          : stringOf(this.context, node, `\`${entry.name}\``);
      if (value !== undefined) found.push({ name: { value: entry.name, location }, value });
    }
    return found;
  }

  /** Marks fields as known without reading them. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.ask(name);
  }

  /** Reports every field that nobody asked for: an error with the nearest known name, or a warning when lenient. */
  finish(): void {
    for (const { name, key, asked } of this.entries.all) {
      if (asked) continue;
      const known = this.known.list();
      const nearest = this.context.suggest(name, known);
      this.problem(
        'unknown-field',
        this.context.locateNode(key),
        `${this.what} has no field \`${shorten(name)}\``,
        nearest === undefined
          ? `Known fields: ${[...new Set(known)].sort().join(', ')}.`
          : `Did you mean \`${nearest}\`?`,
        this.context.lenient ? 'warning' : 'error',
      );
    }
  }

  /** Reports the field as one that the kind does not have here, with a hint of its own, where it is written. */
  refuse(name: string, code: ProblemCode, message: string, hint: string): void {
    const entry = this.ask(name);
    if (entry !== undefined) {
      this.problem(code, this.context.locateNode(entry.key), message, hint);
    }
  }

  /** The place of a character of a string field's value, as near as quoting lets know. */
  locateWithin(name: string, offset: number): SourceLocation {
    const value = this.entries.find(name)?.value;
    if (!isScalar(value) || typeof value.value !== 'string' || !value.range) {
      return this.locationOf(name);
    }
    const start = value.range[0];
    const { text } = this.context;
    for (const quote of [0, 1]) {
      if (text.startsWith(value.value, start + quote)) {
        return this.context.locate(start + quote + Math.min(offset, value.value.length));
      }
    }
    return this.locationOf(name);
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

/** The value of a field; undefined for null. */
function presentValue({ value }: FieldEntry): Node | undefined {
  if (value === null || value === undefined || (isScalar(value) && value.value === null)) {
    return undefined;
  }
  return value;
}

/** Whether an element of a list is there, and no alias for another. */
function isPresent(item: unknown): item is Node {
  if (isScalar(item)) return item.value !== null;
  return isMap(item) || isSeq(item);
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
    quotable ? `Write "${shorten(node.source ?? '')}", in quotes.` : undefined,
  );
  return undefined;
}
