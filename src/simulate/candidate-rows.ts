/** What one rule, by its number, asks of the thing that the rows are about. */
export interface RuleCriterion<C> {
  readonly rule: number;
  readonly criterion: C;
}

/** How many words the kept rows may have together, 16 MiB: traffic of every kind must not fill the memory. */
const MOST_WORDS = 2 ** 22;

/**
 * For each value of one thing that rules ask for, the rules that let it through: a bit for each rule, by its number. A row is made when
 * its value is first met.
 */
export class CandidateRows<C> {
  /** The rules that ask nothing. */
  readonly #indifferent: Int32Array;
  readonly #asking: readonly RuleCriterion<C>[];
  readonly #takes: (criterion: C, key: number) => boolean;
  readonly #rows: Map<number, Int32Array> = new Map();

  /** `asking` has a rule once at most; `takes` tells whether a criterion lets the value with a key through. */
  constructor(
    rules: number,
    asking: readonly RuleCriterion<C>[],
    takes: (criterion: C, key: number) => boolean,
  ) {
    this.#indifferent = new Int32Array((rules >>> 5) + 1).fill(-1);
    for (const { rule } of asking) this.#indifferent[rule >>> 5]! &= ~(1 << (rule & 31));
    this.#asking = asking;
    this.#takes = takes;
  }

  /** The bits for the value with this key. The array is kept: not to be written to. HOT */
  of(key: number): Int32Array {
    return this.#rows.get(key) ?? this.#make(key);
  }

  #make(key: number): Int32Array {
    const row = this.#indifferent.slice();
    for (const { rule, criterion } of this.#asking) {
      if (this.#takes(criterion, key)) row[rule >>> 5]! |= 1 << (rule & 31);
    }
    if ((this.#rows.size + 1) * row.length > MOST_WORDS) this.#rows.clear();
    this.#rows.set(key, row);
    return row;
  }
}
