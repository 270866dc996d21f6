/**
 * The sets that are in the kernel, so that the next ones can take their place without a program run for each step. Sets that rules use
 * cannot be destroyed, but filled anew; they are destroyed once the rules are gone.
 */
export class LoadedSets {
  /** How each set was made, by its name. */
  readonly #present = new Map<string, string>();
  #used: ReadonlySet<string> = new Set();

  /**
   * What `ipset restore` reads to have these sets, of which `wanted` is the text that makes them from nothing, beside those that rules still use.
   * Undefined where a set that rules use is to become one of another kind.
   */
  replacing(wanted: string): string | undefined {
    const lines = wanted.split('\n');
    const made = new Map(lines.filter(isCreate).map((line) => [nameIn(line), line]));
    const clashes = [...made].some(([name, line]) => {
      return this.#used.has(name) && this.#present.get(name) !== line;
    });
    if (clashes) return undefined;
    const stale = [...this.#present.keys()].filter((name) => !this.#used.has(name));
    for (const name of stale) this.#present.delete(name);
    const filled = lines.map((line) => {
      return isCreate(line) && this.#present.has(nameIn(line)) ? `flush ${nameIn(line)}` : line;
    });
    for (const [name, line] of made) this.#present.set(name, line);
    this.#used = new Set(made.keys());
    return [...stale.map((name) => `destroy ${name}`), ...filled].join('\n');
  }

  /** There are none any more. */
  clear(): void {
    this.#present.clear();
    this.#used = new Set();
  }
}

function isCreate(line: string): boolean {
  return line.startsWith('create ');
}

function nameIn(create: string): string {
  return create.split(' ', 2)[1] as string;
}
