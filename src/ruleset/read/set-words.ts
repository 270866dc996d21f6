import { RefusedRule } from '../option/given-options.ts';

/** Words parted by blanks; quotes hold them together. */
const WORD = /(?:"[^"]*"?|[^\s"])+/g;

/** The words of a line as `ipset restore` sees them: quotes hold words together, and nothing is escaped in them. */
export function splitSetWords(line: string): readonly string[] {
  const words = line.match(WORD) ?? [];
  return line.includes('"') ? words.map((word) => word.replaceAll('"', '')) : words;
}

/** Column from 1 of a word of a line by its number. */
export function columnOfSetWord(line: string, word: number): number {
  let at = 0;
  for (const found of line.matchAll(WORD)) if (at++ === word) return found.index + 1;
  return 1;
}

/** What follows a set's name or an element: words with values, by their names, each with its number. */
export class SetOptions {
  readonly #given = new Map<string, { readonly value: string; readonly at: number }>();

  /**
   * `values` are the words that have a value, `flags` those that have none.
   *
   * @throws RefusedRule for any other word, and for a value that is missing.
   */
  constructor(
    words: readonly string[],
    from: number,
    known: { readonly values: ReadonlySet<string>; readonly flags: ReadonlySet<string> },
  ) {
    let at = from;
    while (at < words.length) {
      const word = (words[at] as string).replace(/^--/, '');
      const start = at++;
      if (known.flags.has(word)) this.#given.set(word, { value: '', at: start });
      else if (known.values.has(word)) {
        const value = words[at++];
        if (value === undefined) throw new RefusedRule(`${word} needs a value`, start);
        this.#given.set(word, { value, at: start + 1 });
      } else throw new RefusedRule(`unknown word \`${words[start]}\``, start);
    }
  }

  has(word: string): boolean {
    return this.#given.has(word);
  }

  /** Which word the value of an option is. */
  at(word: string): number {
    return this.#given.get(word)?.at ?? 0;
  }

  text(word: string): string | undefined {
    return this.#given.get(word)?.value;
  }

  /**
   * The value of an option; undefined where it is not given.
   *
   * @throws RefusedRule where `parse` finds none in it.
   */
  read<Value>(
    word: string,
    what: string,
    parse: (text: string) => Value | undefined,
  ): Value | undefined {
    const given = this.#given.get(word);
    if (given === undefined) return undefined;
    const value = parse(given.value);
    if (value === undefined) throw new RefusedRule(`\`${given.value}\` is not ${what}`, given.at);
    return value;
  }
}
