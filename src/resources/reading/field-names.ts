import { plainValue } from './plain-scalar.ts';

/** How many names are remembered; a power of two. */
const PLACES = 64;

/** The names of fields in a text, of which documents have few: one that is found again needs no text of its own. */
export class FieldNames {
  readonly #known: (string | undefined)[] = new Array(PLACES).fill(undefined);

  /** The name that stands in the text there; undefined for what means something else than text. */
  at(text: string, start: number, end: number): string | undefined {
    const length = end - start;
    const place = (text.charCodeAt(start) * 7 + text.charCodeAt(end - 1) + length) & (PLACES - 1);
    const known = this.#known[place];
    if (known?.length === length && text.startsWith(known, start)) return known;
    const name = text.slice(start, end);
    if (typeof plainValue(name) !== 'string') return undefined;
    this.#known[place] = name;
    return name;
  }
}
