/** What one rule, by its number, asks of the thing that the rows are about. */
export interface RuleCriterion<C> {
  readonly rule: number;
  readonly criterion: C;
}

/** What rows are made from. */
export interface RowRules<C> {
  /** How many rules there are. */
  readonly rules: number;
  /** Those that ask something, each once at most. */
  readonly asking: readonly RuleCriterion<C>[];
  /** Whether a criterion lets the value with a key through. */
  readonly takes: (criterion: C, key: number) => boolean;
}

/** How many words the kept rows may have together, 16 MiB: traffic of every kind must not fill the memory. */
const MOST_WORDS = 2 ** 22;

/** Makes, for a value of one thing that rules ask for, the rules that let it through: a bit for each rule, by its number. */
export class RowMaker<C> {
  /** The rules that ask nothing. */
  readonly #indifferent: Int32Array;
  readonly #asking: readonly RuleCriterion<C>[];
  readonly #takes: (criterion: C, key: number) => boolean;

  constructor({ rules, asking, takes }: RowRules<C>) {
    this.#indifferent = new Int32Array((rules >>> 5) + 1).fill(-1);
    for (const { rule } of asking) this.#indifferent[rule >>> 5]! &= ~(1 << (rule & 31));
    this.#asking = asking;
    this.#takes = takes;
  }

  /** The bits for the value with this key. */
  make(key: number): Int32Array {
    const row = this.#indifferent.slice();
    for (const { rule, criterion } of this.#asking) {
      if (this.#takes(criterion, key)) row[rule >>> 5]! |= 1 << (rule & 31);
    }
    return row;
  }
}

/** The rows for the values of one thing that rules ask for, each made when its value is first met. */
export class CandidateRows<C> {
  readonly #maker: RowMaker<C>;
  /** By key. Most values are asked for by no rule, and share a row. */
  readonly #rows: (Int32Array | undefined)[];
  readonly #distinct: Map<number, Int32Array[]> = new Map();
  #words = 0;

  /** Keys are below `keys`. */
  constructor(rules: RowRules<C>, keys: number) {
    this.#maker = new RowMaker(rules);
    this.#rows = new Array<Int32Array | undefined>(keys).fill(undefined);
  }

  /** The bits for the value with this key. The array is kept: not to be written to. HOT */
  of(key: number): Int32Array {
    return this.#rows[key] ?? this.#make(key);
  }

  #make(key: number): Int32Array {
    const made = this.#maker.make(key);
    if (this.#words + made.length > MOST_WORDS) {
      this.#rows.fill(undefined);
      this.#distinct.clear();
      this.#words = 0;
    }
    const row = this.#share(made);
    this.#rows[key] = row;
    return row;
  }

  /** The row that has the same bits, if there is one. */
  #share(made: Int32Array): Int32Array {
    const hash = made.reduce((sum, word) => (Math.imul(sum, 31) + word) | 0, 0);
    const alike = this.#distinct.get(hash) ?? [];
    const same = alike.find((row) => row.every((word, at) => word === made[at]));
    if (same !== undefined) return same;
    this.#distinct.set(hash, [...alike, made]);
    this.#words += made.length;
    return made;
  }
}
