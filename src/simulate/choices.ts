/** The most ways that one packet is followed along. */
export const MOST_WAYS = 1024;

/**
 * What was assumed at each point of a packet's way where chance or history decides. The first way assumes that everything
 * matches; `next` goes on to the way that differs in the last assumption.
 */
export class Choices {
  #assumed: boolean[] = [];
  #rules: number[] = [];
  #taken = 0;

  /** What the present way assumes of the rule; remembers that it was asked. */
  take(rule: number): boolean {
    const at = this.#taken++;
    if (at === this.#assumed.length) this.#assumed.push(true);
    this.#rules[at] = rule;
    return this.#assumed[at] as boolean;
  }

  /** Begins a packet: nothing is assumed yet. */
  clear(): void {
    this.#assumed = [];
    this.#rules = [];
    this.#taken = 0;
  }

  /** The rules asked for on the way just walked, in order. */
  get asked(): readonly number[] {
    return this.#rules.slice(0, this.#taken);
  }

  /** Turns to the next way; false when there is none left. */
  next(): boolean {
    this.#assumed.length = this.#taken;
    while (this.#assumed.at(-1) === false) this.#assumed.pop();
    if (this.#assumed.length === 0) return false;
    this.#assumed[this.#assumed.length - 1] = false;
    this.#taken = 0;
    return true;
  }

  /** Walks the present way once more from its start. */
  rewind(): void {
    this.#taken = 0;
  }
}
