/** How many rules may be looked at to make all nodes of a ruleset: chains that call chains many times must not fill the memory. */
const MOST_RULES = 4_000_000;

/** Ends the making of nodes that would be too many; what is not made is left to the reference evaluator. */
export class WalkBudget {
  #rules = MOST_RULES;
  #events = 0;

  /** False when nothing is left. */
  spend(): boolean {
    return this.#rules-- > 0;
  }

  /** A number that nothing else has: events of all walks are told apart by theirs. */
  event(): number {
    return this.#events++;
  }
}
