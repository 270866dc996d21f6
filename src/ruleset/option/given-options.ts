/** An option of one extension as a rule gave it. */
export interface GivenOption {
  /** The long spelling that the extension lists first. */
  readonly flag: string;
  readonly words: readonly string[];
  readonly negated: boolean;
  /** Which word of the rule's line it is, for messages. */
  readonly at: number;
}

/** What the restore tools would refuse in a rule. `at` is the word that is to blame; undefined: the rule as a whole. */
export class RefusedRule extends Error {
  readonly at: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, at?: number, hint?: string) {
    super(message);
    this.name = 'RefusedRule';
    this.at = at;
    this.hint = hint;
  }
}

/** The options that one extension of a rule was given. */
export class GivenOptions {
  readonly name: string;
  readonly at: number;
  readonly all: readonly GivenOption[];

  /** `at` is the word that loaded the extension. */
  constructor(name: string, at: number, all: readonly GivenOption[]) {
    this.name = name;
    this.at = at;
    this.all = all;
  }

  find(flag: string): GivenOption | undefined {
    for (const option of this.all) if (option.flag === flag) return option;
    return undefined;
  }

  has(flag: string): boolean {
    return this.find(flag) !== undefined;
  }

  isNegated(flag: string): boolean {
    return this.find(flag)?.negated === true;
  }

  /** @throws RefusedRule where the option is missing. */
  get(flag: string): GivenOption {
    const option = this.find(flag);
    if (option === undefined) throw this.refusal(`${this.name} needs ${flag}`);
    return option;
  }

  /** What to throw when the tools would refuse the option, or all that the extension was given. */
  refusal(message: string, option?: GivenOption, hint?: string): RefusedRule {
    return new RefusedRule(message, option?.at ?? this.at, hint);
  }
}
