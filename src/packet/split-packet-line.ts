import { shorten } from './packet-fields.ts';
import type { PacketProblem, WrittenField } from './packet-problem.ts';

/** A line cut into fields. Columns count from 1. */
export interface SplitLine {
  readonly fields: ReadonlyMap<string, WrittenField>;
  readonly problems: readonly PacketProblem[];
}

interface Word {
  readonly text: string;
  readonly column: number;
}

const FORM = 'Write for example: tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0';
const QUOTED = 'quoted=';

/**
 * Cuts `PROTO SOURCE[:PORT] -> DESTINATION[:PORT] FIELD=VALUE...` into fields, without judging their values.
 *
 * `to` may stand for the arrow, which shells take for a redirection. `quoted=` takes the rest of the line, a packet itself.
 */
export function splitPacketLine(line: string): SplitLine {
  const splitter = new LineSplitter();
  const quotedAt = findQuoted(line);
  for (const word of wordsOf(quotedAt === undefined ? line : line.slice(0, quotedAt))) {
    splitter.word(word);
  }
  if (quotedAt !== undefined) {
    const start = quotedAt + QUOTED.length;
    splitter.field('quoted', line.slice(start), start + 1);
  }
  return splitter.finish(line.length + 1);
}

function findQuoted(line: string): number | undefined {
  if (!line.includes(QUOTED)) return undefined;
  const found = /(?:^|\s)quoted=/.exec(line);
  return found === null ? undefined : found.index + found[0].length - QUOTED.length;
}

function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/\S+/g)) addWords(words, match[0], match.index + 1);
  return words;
}

/** The arrow needs no blanks around it; values of fields keep what they hold. */
function addWords(words: Word[], text: string, column: number): void {
  const arrow = text.indexOf('->');
  if (arrow < 0 || text.includes('=')) {
    words.push({ text, column });
    return;
  }
  const after = arrow + '->'.length;
  if (arrow > 0) words.push({ text: text.slice(0, arrow), column });
  words.push({ text: '->', column: column + arrow });
  if (after < text.length) words.push({ text: text.slice(after), column: column + after });
}

class LineSplitter {
  private readonly fields: Map<string, WrittenField> = new Map();
  private readonly problems: PacketProblem[] = [];
  private readonly positional: Word[] = [];
  private readonly assigned: Word[] = [];

  word(word: Word): void {
    if (word.text.indexOf('=') > 0) this.assigned.push(word);
    else this.positional.push(word);
  }

  field(name: string, value: string, column: number): void {
    if (this.fields.has(name)) {
      this.problem(column, `\`${shorten(name)}\` is written twice`, 'Leave one of them out.');
    } else this.fields.set(name, { value, place: { column, field: undefined } });
  }

  finish(end: number): SplitLine {
    const [protocol, source, arrow, destination, extra] = this.positional;
    if (protocol === undefined) this.problem(1, 'the packet is empty', FORM);
    else this.field('proto', protocol.text, protocol.column);
    if (source !== undefined) this.endpoint('src', 'sport', source);
    if (destination !== undefined) this.endpoint('dst', 'dport', destination);
    for (const { text, column } of this.assigned) {
      const equals = text.indexOf('=');
      this.field(text.slice(0, equals), text.slice(equals + 1), column + equals + 1);
    }
    if (protocol !== undefined && source === undefined) {
      this.problem(end, 'the packet has no source and destination', FORM);
    } else if (arrow?.text === '-') {
      this.problem(
        arrow.column,
        'the packet has no destination',
        'A shell takes > for a redirection: put the packet in quotes, or write `to` for the arrow.',
      );
    } else if (source !== undefined && arrow?.text !== '->' && arrow?.text !== 'to') {
      this.problem(arrow?.column ?? end, 'expected -> after the source', FORM);
    } else if (source !== undefined && destination === undefined) {
      this.problem(end, 'the packet has no destination', FORM);
    }
    if (extra !== undefined) {
      this.problem(
        extra.column,
        `unexpected \`${shorten(extra.text)}\` after the destination`,
        'Further fields are written name=value.',
      );
    }
    return { fields: this.fields, problems: this.problems };
  }

  /** `192.0.2.10`, `192.0.2.10:22`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:22`. */
  private endpoint(addressName: string, portName: string, { text, column }: Word): void {
    const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
    if (bracketed !== null) {
      this.field(addressName, bracketed[1] ?? '', column + 1);
      if (bracketed[2] !== undefined) {
        this.field(portName, bracketed[2], column + text.length - bracketed[2].length);
      }
      return;
    }
    const colon = text.indexOf(':');
    if (colon < 0 || text.includes(':', colon + 1)) this.field(addressName, text, column);
    else {
      this.field(addressName, text.slice(0, colon), column);
      this.field(portName, text.slice(colon + 1), column + colon + 1);
    }
  }

  private problem(column: number, message: string, hint: string): void {
    this.problems.push({ message, hint, column, field: undefined });
  }
}
