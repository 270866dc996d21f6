/** How many nodes are kept: documents that make readers ask for names of their own must not fill the memory. */
const MOST_KEPT = 4096;

/**
 * The names of fields that a reader has asked for, in order, as a place in a tree of all such orders. Readers ask for the same names in the same order for every
 * mapping of a kind, so that nothing is made for most mappings.
 */
export class AskedNames {
  static readonly none: AskedNames = new AskedNames('', undefined);
  static #kept = 0;
  readonly #name: string;
  readonly #before: AskedNames | undefined;
  /** What was asked for last after these names. */
  #last: AskedNames | undefined;
  #others: Map<string, AskedNames> | undefined;

  private constructor(name: string, before: AskedNames | undefined) {
    this.#name = name;
    this.#before = before;
  }

  /** These names, and then this one. HOT */
  and(name: string): AskedNames {
    const last = this.#last;
    return last !== undefined && last.#name === name ? last : this.#other(name);
  }

  #other(name: string): AskedNames {
    const known = this.#others?.get(name);
    if (known !== undefined) {
      this.#last = known;
      return known;
    }
    const made = new AskedNames(name, this);
    if (AskedNames.#kept >= MOST_KEPT) return made;
    AskedNames.#kept++;
    this.#others ??= new Map();
    this.#others.set(name, made);
    this.#last = made;
    return made;
  }

  /** In the order in which they were asked for. */
  list(): readonly string[] {
    const names: string[] = [];
    for (let at: AskedNames = this; at.#before !== undefined; at = at.#before) names.push(at.#name);
    return names.reverse();
  }
}
