import type { Conditions, RuleFinder } from './rule-finder.ts';
import { DO, type RuleOperations } from './rule-operations.ts';
import type { ProgramChain, ProgramRule } from './rule-program.ts';

/**
 * A jump to a chain of which no rule that looks at the packet's headers matches: what happens there follows from the packet's mark,
 * its state and its interfaces alone, and nothing but its mark changes.
 */
export interface QuietCall {
  /** The rules that match: the jump, then those of the chain. */
  readonly rules: readonly number[];
  /** The packet's mark afterwards. */
  readonly mark: number;
  /** Whether any of the rules has a meaning for people. */
  readonly tells: boolean;
}

/** How many rules the kept calls may have together: a packet can bring any mark, and marks without end must not fill the memory. */
const MOST_RULES = 2 ** 20;

/** In `Conditions.calls`: nobody has asked yet, and a chain that must be walked. */
const UNKNOWN = 0;
const NONE = -1;

/**
 * The quiet calls of a program, each made when it is first met.
 *
 * A packet runs through the chains of a hundred policies of which a few have a rule that is about it, so that walking each of them again
 * for every packet costs more than all the rest (`npm run bench -- packets`).
 */
export class QuietCalls {
  readonly #rules: readonly ProgramRule[];
  readonly #finder: RuleFinder;
  readonly #operations: RuleOperations;
  /** From 1. */
  readonly #calls: QuietCall[] = [{ rules: [], mark: 0, tells: false }];
  #kept = 0;

  constructor(rules: readonly ProgramRule[], finder: RuleFinder, operations: RuleOperations) {
    this.#rules = rules;
    this.#finder = finder;
    this.#operations = operations;
  }

  /** The call with this number. HOT */
  at(call: number): QuietCall {
    return this.#calls[call]!;
  }

  /** The number of the quiet call that a jump comes to for the finder's packet; 0 where the chain must be walked. HOT */
  find(jump: number, chain: ProgramChain): number {
    if (this.#finder.hasCandidate(chain.first, chain.end)) return 0;
    const { present } = this.#finder;
    const at = this.#operations.operand2(jump);
    const known = present.calls[at]!;
    if (known > 0) return known;
    return known === UNKNOWN ? this.#make(jump, chain, present, at) : 0;
  }

  #make(jump: number, chain: ProgramChain, present: Conditions, at: number): number {
    if (this.#kept > MOST_RULES) return 0;
    const call = this.#walk(jump, chain, present);
    present.calls[at] = call === undefined ? NONE : this.#calls.length;
    if (call === undefined) return 0;
    this.#kept += call.rules.length;
    return this.#calls.push(call) - 1;
  }

  /** What happens in the chain; undefined where it leads further or ends the packet's way. */
  #walk(jump: number, { first, end }: ProgramChain, begun: Conditions): QuietCall | undefined {
    const operations = this.#operations;
    const finder = this.#finder;
    const rules = [jump];
    let conditions = begun;
    for (let rule = first; rule < end; rule++) {
      if (!finder.letsThrough(rule, conditions)) continue;
      rules.push(rule);
      const operation = operations.operation(rule);
      if (operation === DO.return) break;
      if (operation === DO.mark) {
        const { mark } = conditions;
        const marked = ((mark & ~operations.operand2(rule)) ^ operations.operand(rule)) >>> 0;
        conditions = finder.conditionsOf(marked);
      } else if (operation !== DO.nothing) return undefined;
    }
    const tells = rules.some((rule) => this.#rules[rule]!.rule.meaning !== undefined);
    return { rules, mark: conditions.mark, tells };
  }
}
