import { InputError } from '../../source/errors.ts';
import type { SourceLocation } from '../../source/location.ts';
import type { Problem } from '../../source/problem.ts';
import { AddressCache } from './address-cache.ts';
import type { ConnectionRecord, ConnectionSnapshot } from './connection-record.ts';
import { parseConntrackLine } from './parse-conntrack-line.ts';
import { parseConntrackXml } from './parse-conntrack-xml.ts';
import { NO_IDENTIFIER } from './record-builder.ts';

/** After so many lines that are wrong, a file is something else. */
const MOST_PROBLEMS = 20;
/** What conntrack says at the end, which lands among the lines when both outputs are kept. */
const CLOSING_WORDS = /^conntrack v\S+ \(conntrack-tools\): /;

const CARRIAGE_RETURN = 13;

function isEmptyOfEntries(line: string): boolean {
  if (line.startsWith('#') || line.trim() === '') return true;
  return line.startsWith('c') && CLOSING_WORDS.test(line);
}

/** Where the text of a table begins. */
export interface TableOrigin extends SourceLocation {
  /** All of it stands on that line, its own line ends written in some other way. */
  readonly isOnOneLine?: boolean;
}

/**
 * Reads a connection table: the lines of `conntrack -L` (plain, `-o extended`, `extended,id`), or its XML. `location` is that of the
 * first line.
 *
 * @throws InputError with every line that is none of these.
 */
export function parseConnections(text: string, location: TableOrigin): ConnectionSnapshot {
  const reading = new Reading(text, location);
  if (/^\s*</.test(text)) reading.readXml();
  else reading.readLines();
  return reading.end();
}

class Reading {
  readonly #text: string;
  readonly #location: TableOrigin;
  readonly #addresses: AddressCache = new AddressCache();
  readonly #records: ConnectionRecord[] = [];
  readonly #problems: Problem[] = [];
  #withoutIdentifier = 0;

  constructor(text: string, location: TableOrigin) {
    this.#text = text;
    this.#location = location;
  }

  readLines(): void {
    const text = this.#text;
    let start = 0;
    for (let number = 0; start < text.length; number++) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      const line = text.slice(start, text.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end);
      start = end + 1;
      if (isEmptyOfEntries(line)) continue;
      const place = this.#lineOf(number);
      const read = parseConntrackLine(line, place, this.#addresses);
      if (typeof read !== 'string') this.#records.push(read);
      else if (!this.#report(read, { line: place, excerpt: line })) return;
    }
  }

  readXml(): void {
    parseConntrackXml(this.#text, this.#addresses, {
      record: (record, line) => {
        if (typeof record !== 'string') {
          const place = this.#lineOf(line - 1);
          this.#records.push(place === line ? record : { ...record, line: place });
        } else if (record === NO_IDENTIFIER) this.#withoutIdentifier++;
        else this.#report(record, { line: this.#lineOf(line - 1) });
      },
      broken: (message, line, column) =>
        this.#report(message, { line: this.#lineOf(line - 1), column }),
    });
  }

  /** The file's line of a line of the text, which are counted from 0. */
  #lineOf(number: number): number {
    const { line, isOnOneLine = false } = this.#location;
    return isOnOneLine ? line : line + number;
  }

  /** @throws InputError */
  end(): ConnectionSnapshot {
    if (this.#problems.length > 0) throw new InputError(this.#problems);
    const count = this.#withoutIdentifier;
    const notes =
      count === 0
        ? []
        : [
            `${count} ICMP ${count === 1 ? 'flow is' : 'flows are'} left out: XML does not tell their identifiers (use -o extended)`,
          ];
    return { records: this.#records, location: this.#location, notes };
  }

  /** False when there have been enough. */
  #report(
    message: string,
    place: { readonly line: number; readonly column?: number; readonly excerpt?: string },
  ): boolean {
    if (this.#problems.length >= MOST_PROBLEMS) return false;
    this.#problems.push({
      code: 'invalid-value',
      severity: 'error',
      message,
      location: { file: this.#location.file, line: place.line, column: place.column ?? 1 },
      excerpt: place.excerpt,
      hint: 'Paste what `conntrack -L -o extended,id` prints unchanged; `-o xml` is taken too.',
    });
    return true;
  }
}
