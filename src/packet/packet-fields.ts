import type { PacketPlace, PacketProblem, WrittenField } from './packet-problem.ts';

const INTEGER = /^(\d+|0x[\da-f]+)$/i;

/** The fields of one packet while it is read; collects what is wrong with them. */
export class PacketFieldReader {
  readonly problems: PacketProblem[] = [];
  private readonly fields: ReadonlyMap<string, WrittenField>;
  private readonly whole: PacketPlace;

  constructor(fields: ReadonlyMap<string, WrittenField>, whole: PacketPlace) {
    this.fields = fields;
    this.whole = whole;
  }

  /** Whether the field is written; null counts as left out. */
  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** As written; undefined when left out. */
  value(name: string): unknown {
    return this.fields.get(name)?.value ?? undefined;
  }

  /** Where the field is written; where the packet is when it is left out. */
  place(name: string): PacketPlace {
    return this.has(name) ? (this.fields.get(name)?.place ?? this.whole) : this.whole;
  }

  problem(place: PacketPlace, message: string, hint?: string): void {
    this.problems.push({ message, hint, column: place.column, field: place.field });
  }

  /** A string, or a number as its decimal text; undefined when left out or reported. */
  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    this.problem(
      this.place(name),
      `\`${name}\` must be a string or a number, but is ${describeValue(value)}`,
      'Write one value.',
    );
    return undefined;
  }

  /** The text of a field that must be there. */
  requiredText(name: string, hint: string): string | undefined {
    if (!this.has(name)) this.problem(this.whole, `the packet has no \`${name}\``, hint);
    return this.text(name);
  }

  /** A whole number, decimal or 0x hexadecimal, both ends of the range included. */
  integer(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = INTEGER.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.problem(
      this.place(name),
      `\`${name}\` is \`${shorten(text)}\``,
      `Use a whole number from ${min} to ${max}.`,
    );
    return undefined;
  }

  /** What `parse` makes of the text; reports with the hint when it makes nothing of it. */
  parsed<T>(name: string, parse: (text: string) => T | undefined, hint: string): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) {
      this.problem(this.place(name), `\`${name}\` is \`${shorten(text)}\``, hint);
    }
    return value;
  }

  /** Reports fields that the packet's protocol does not have. */
  refuse(names: readonly string[], reason: string): void {
    for (const name of names) {
      if (this.has(name)) {
        this.problem(
          this.place(name),
          `the packet cannot have \`${name}\``,
          `Only ${reason} can; leave it out.`,
        );
      }
    }
  }
}

/** User input in a message, cut to a readable length. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `\`${String(value)}\``;
}
