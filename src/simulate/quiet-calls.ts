import type { Conditions, RuleFinder } from './rule-finder.ts';
import { DO, type RuleOperations } from './rule-operations.ts';
import type { ProgramChain, ProgramRule } from './rule-program.ts';

/**
 * A jump to a chain of which no rule asks for what the packet's headers have: what happens there follows from the packet's mark, its
 * state and its interfaces alone, and nothing but its mark changes. So it is for the caller's rules up to the next such jump.
 */
export interface QuietCall {
  /** The rules that match: the jump, `called` ones of the chain, then those of the caller. */
  readonly rules: readonly number[];
  readonly called: number;
  /** The packet's mark afterwards. */
  readonly mark: number;
  /** The caller's rule at which the walk goes on; the end of its rules when none is left. */
  readonly next: number;
  /** Whether any of the rules has a meaning for people. */
  readonly tells: boolean;
}

/** How many rules the kept calls may have together: a packet can bring any mark, and marks without end must not fill the memory. */
const MOST_RULES = 2 ** 20;

/** How many calls there is room for at first. */
const FEWEST_CALLS = 16;

/** In `Conditions.calls`: nobody has asked yet, and a chain that must always be walked. */
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
  readonly #chains: readonly ProgramChain[];
  readonly #finder: RuleFinder;
  readonly #operations: RuleOperations;
  /** From 1. A call goes on with the one behind it; after the last of a row there is none. */
  readonly #calls: (QuietCall | undefined)[] = [undefined];
  /** The chain of each call, -1 where there is none: all that has to be looked at for most calls. */
  #called: Int32Array = new Int32Array(FEWEST_CALLS).fill(-1);
  /** How many calls up to each, itself included, have a rule with a meaning. */
  #telling: Int32Array = new Int32Array(FEWEST_CALLS);
  #keptRules = 0;

  constructor(
    rules: readonly ProgramRule[],
    chains: readonly ProgramChain[],
    finder: RuleFinder,
    operations: RuleOperations,
  ) {
    this.#rules = rules;
    this.#chains = chains;
    this.#finder = finder;
    this.#operations = operations;
  }

  /** The call with this number, which `first` or `last` gave. */
  at(call: number): QuietCall {
    return this.#calls[call]!;
  }

  /** The number of the quiet call that a jump comes to for the finder's packet; 0 where the chain must be walked. HOT */
  first(jump: number): number {
    if (this.#finder.concerns(this.#operations.operand(jump))) return 0;
    const known = this.#finder.present.calls[this.#operations.operand2(jump)]!;
    if (known === UNKNOWN) return this.#make(jump);
    return known === NONE ? 0 : known;
  }

  /** The last of the calls from `call` on that the packet makes one after the other and that all are quiet. HOT */
  last(call: number): number {
    const called = this.#called;
    let last = call;
    for (;;) {
      const chain = called[last + 1]!;
      if (chain < 0 || this.#finder.concerns(chain)) return last;
      last++;
    }
  }

  /** Visits the rules that matched in the calls from `first` to `last`, in order, whose jumps stand at `depth`. */
  rules(first: number, last: number, depth: number, visit: RuleVisit): void {
    for (let call = first; call <= last; call++) visitRules(this.at(call), depth, visit);
  }

  /** The same for the calls alone that have a rule with a meaning. HOT */
  tellingRules(first: number, last: number, depth: number, visit: RuleVisit): void {
    if (this.#telling[last] === this.#telling[first - 1]) return;
    for (let call = first; call <= last; call++) {
      if (this.at(call).tells) visitRules(this.at(call), depth, visit);
    }
  }

  /** Makes the call of a jump and those that follow on it. */
  #make(jump: number): number {
    const first = this.#calls.length;
    let at = jump;
    let conditions = this.#finder.present;
    while (this.#keptRules < MOST_RULES) {
      const place = this.#operations.operand2(at);
      if (conditions.calls[place] !== UNKNOWN) break;
      const call = this.#callOf(at, conditions);
      conditions.calls[place] = call === undefined ? NONE : this.#calls.length;
      if (call === undefined) break;
      this.#keep(call, this.#operations.operand(at));
      conditions = this.#finder.conditionsOf(call.mark);
      at = call.next;
      // Where `#follow` stopped before the end, the rule lets the packet through or asks for more.
      if (at === this.#rules[jump]!.chain.end || !this.#isCertain(at, DO.jump)) break;
    }
    if (this.#calls.length === first) return 0;
    this.#keep(undefined, -1);
    return first;
  }

  /** Whether the rule does this, to every packet that it lets through by mark, state and interfaces. */
  #isCertain(rule: number, operation: number): boolean {
    return (
      this.#operations.operation(rule) === operation &&
      !this.#operations.asksMore(rule) &&
      !this.#finder.asksHeaders(rule)
    );
  }

  #keep(call: QuietCall | undefined, chain: number): void {
    const number = this.#calls.push(call) - 1;
    if (number + 1 >= this.#called.length) {
      this.#called = twiceAsLong(this.#called, -1);
      this.#telling = twiceAsLong(this.#telling, 0);
    }
    this.#called[number] = chain;
    this.#telling[number] = this.#telling[number - 1]! + (call?.tells === true ? 1 : 0);
    this.#keptRules += call?.rules.length ?? 0;
  }

  /** Undefined where the chain leads further, ends the packet's way, or has a rule that may match whatever the headers are. */
  #callOf(jump: number, begun: Conditions): QuietCall | undefined {
    const { first, end } = this.#chains[this.#operations.operand(jump)]!;
    const rules = [jump];
    const inside = this.#follow({ from: first, end, over: 'rules-for-others' }, begun, rules);
    if (inside.at < end) {
      if (!this.#isCertain(inside.at, DO.return)) return undefined;
      rules.push(inside.at);
    }
    const called = rules.length - 1;
    const rest = { from: jump + 1, end: this.#rules[jump]!.chain.end, over: 'nothing' } as const;
    const after = this.#follow(rest, inside.conditions, rules);
    const tells = rules.some((rule) => this.#rules[rule]!.rule.meaning !== undefined);
    return { rules, called, mark: after.conditions.mark, next: after.at, tells };
  }

  /** Goes along the rules of a chain as far as it is certain what happens; adds those that match. */
  #follow({ from, end, over }: Stretch, begun: Conditions, rules: number[]): Stop {
    const finder = this.#finder;
    const operations = this.#operations;
    let conditions = begun;
    let at = from;
    for (; at < end; at++) {
      if (finder.asksHeaders(at)) {
        if (over === 'nothing') break;
        continue;
      }
      if (!finder.letsThrough(at, conditions)) continue;
      const operation = operations.operation(at);
      if (operations.asksMore(at) || (operation !== DO.mark && operation !== DO.nothing)) break;
      rules.push(at);
      if (operation === DO.mark) {
        conditions = finder.conditionsOf(operations.marked(at, conditions.mark));
      }
    }
    return { at, conditions };
  }
}

function twiceAsLong(words: Int32Array, rest: number): Int32Array {
  const longer = new Int32Array(words.length * 2).fill(rest);
  longer.set(words);
  return longer;
}

/** What is done with a rule that matched, by its number. */
type RuleVisit = (rule: number, depth: number) => void;

function visitRules({ rules, called }: QuietCall, depth: number, visit: RuleVisit): void {
  rules.forEach((rule, at) => {
    visit(rule, at > 0 && at <= called ? depth + 1 : depth);
  });
}

/** Rules to go along, and which may be gone over: none, or those that ask for headers that the packet does not have. */
interface Stretch {
  readonly from: number;
  readonly end: number;
  readonly over: 'nothing' | 'rules-for-others';
}

/** The rule that was not gone past, and the conditions there. */
interface Stop {
  readonly at: number;
  readonly conditions: Conditions;
}
