import type { ChainOwner } from '../../ruleset/rule-meaning.ts';
import { STATE_BIT } from '../connection-state-bits.ts';
import { tellsDecision } from '../decision.ts';
import type { RuleProgram } from '../rule-program.ts';
import type { ConditionReader, WalkContext } from './condition-reader.ts';
import { ContextConditions } from './context-conditions.ts';
import { type HeaderConditions, unconditionalOf } from './header-conditions.ts';
import type { WalkBudget } from './walk-budget.ts';
import type { Telling, WalkEnding } from './walk-node.ts';
import { type WalkState, WalkStates } from './walk-state.ts';

/** What all walks of a ruleset share. */
export interface WalkSources {
  readonly program: RuleProgram;
  readonly reader: ConditionReader;
  /** How many intervals addresses are cut into. */
  readonly addresses: number;
  readonly budget: WalkBudget;
}

/** How a walk goes on. */
export interface WalkPosition {
  readonly state: WalkState;
  /** The next rule, or the end of the state's chain. */
  readonly at: number;
}

/** Whether no rule of the program changes what sets hold. */
export function leavesSetsAlone({ rules }: RuleProgram): boolean {
  return rules.every(({ rule }) => rule.target?.kind !== 'set');
}

/** What rules of one base chain's walk ask and do, for packets of one protocol and one pair of interfaces. */
export class RuleEffects {
  readonly #sources: WalkSources;
  readonly #conditions: ContextConditions;
  readonly #baseChain: number;
  readonly #states: WalkStates = new WalkStates();
  readonly #tellings: Map<number, Telling[]> = new Map();

  constructor(sources: WalkSources, context: WalkContext, baseChain: number) {
    this.#sources = sources;
    this.#conditions = new ContextConditions(sources.reader, context);
    this.#baseChain = baseChain;
  }

  /** Where the walk begins for packets with a mark; `states` as `stateBits` gives them. */
  begin(mark: number, states: number): WalkPosition {
    const chain = this.#baseChain;
    const state = this.#states.state({
      chain,
      owner: undefined,
      frames: undefined,
      mark,
      states,
      noTrack: false,
    });
    return { state: this.#ownedBy(state, chain), at: this.#sources.program.chains[chain]!.first };
  }

  /** Whether a position is behind the last rule of its chain. */
  isAtEnd({ state, at }: WalkPosition): boolean {
    return at === this.#sources.program.chains[state.chain]!.end;
  }

  /** Where the walk goes on behind a chain's last rule, or how it ends. */
  leaveChain({ state }: WalkPosition): WalkPosition | WalkEnding {
    const { frames } = state;
    return frames === undefined
      ? this.#policy(state)
      : { state: this.#states.returned(state, frames), at: frames.at };
  }

  /** The number of a position, which no other one has. */
  numberOf({ state, at }: WalkPosition): number {
    return state.number * this.#sources.program.rules.length + at;
  }

  /** The rule as one that tells something; undefined where it does not. */
  telling(rule: number, owner: ChainOwner | undefined): Telling | undefined {
    const { program, budget } = this.#sources;
    if (!tellsDecision(program, rule)) return undefined;
    const known = this.#tellings.get(rule);
    if (known !== undefined) {
      for (let i = 0; i < known.length; i++) if (known[i]!.owner === owner) return known[i];
    }
    const telling = { rule, owner, event: budget.event() };
    if (known === undefined) this.#tellings.set(rule, [telling]);
    else known.push(telling);
    return telling;
  }

  /** The conditions under which the rule at a position matches, any of which is enough; none where it cannot. */
  conditionsAt({ state, at }: WalkPosition): readonly HeaderConditions[] {
    const { rule } = this.#sources.program.rules[at]!;
    return this.#conditions.of(at, rule, state.states, state.mark);
  }

  /** The next rule behind a position that may match, or the end of its chain; `other` is another state whose packets go along. */
  behind({ state, at }: WalkPosition, other?: WalkState): WalkPosition {
    const { program, budget } = this.#sources;
    const { rules } = program;
    const { end } = program.chains[state.chain]!;
    const conditions = this.#conditions;
    let next = at + 1;
    while (next < end && budget.spend()) {
      const { rule } = rules[next]!;
      if (conditions.admits(rule, state.states, state.mark)) break;
      if (other !== undefined && conditions.admits(rule, other.states, other.mark)) break;
      next++;
    }
    return { state, at: next };
  }

  /**
   * Where the walk goes on behind a rule that tells nothing, or how it ends, where that depends on no headers; undefined where it does, or the rule tells
   * something.
   */
  passBy(position: WalkPosition): WalkPosition | WalkEnding | undefined {
    const { at } = position;
    const conditions = this.conditionsAt(position);
    if (conditions.length === 0) return this.behind(position);
    const always = unconditionalOf(conditions);
    if (always?.certain !== true || tellsDecision(this.#sources.program, at)) return undefined;
    return this.apply(position);
  }

  /** Whether the rule does nothing but change the mark, and tells nothing. */
  isPlainMark(rule: number): boolean {
    const { program } = this.#sources;
    return program.rules[rule]!.rule.target?.kind === 'mark' && !tellsDecision(program, rule);
  }

  /** What a rule that matches does: the walk's end, or where and how it goes on. */
  apply({ state, at: number }: WalkPosition): WalkEnding | WalkPosition {
    const { program } = this.#sources;
    const target = program.rules[number]!.rule.target;
    const next = number + 1;
    if (target === undefined) return { state, at: next };
    switch (target.kind) {
      case 'log':
      case 'nflog':
      case 'trace':
      case 'audit':
        return { state, at: next };
      case 'accept':
      case 'drop':
        return { kind: target.kind, mark: state.mark, noTrack: state.noTrack, rule: number };
      case 'return':
        return { state, at: program.chains[state.chain]!.end };
      case 'mark': {
        const mark = ((state.mark & ~target.mask) ^ target.value) >>> 0;
        return { state: this.#states.withMark(state, mark), at: next };
      }
      case 'notrack':
        return { state: this.#untracked(state), at: next };
      case 'jump':
      case 'goto':
        return this.#call(number, target.kind, state);
      default:
        return REFERENCE_ENDING;
    }
  }

  #call(number: number, kind: 'jump' | 'goto', state: WalkState): WalkPosition {
    const { program } = this.#sources;
    const callee = program.operations.operand(number);
    const { chain, owner, frames: below } = state;
    const frames =
      kind === 'goto' ? below : this.#states.frame({ chain, at: number + 1, owner, below });
    const called = this.#states.state({ ...state, frames });
    return { state: this.#ownedBy(called, callee), at: program.chains[callee]!.first };
  }

  /** The state in another chain, whose owner is its own or that of the one that called it. */
  #ownedBy(state: WalkState, chain: number): WalkState {
    const entered = this.#sources.program.chains[chain]!.chain;
    const owner = (entered.kind === 'user' ? entered.owner : undefined) ?? state.owner;
    return this.#states.state({ ...state, chain, owner });
  }

  /** NOTRACK has effect only before connection tracking, where a packet without an entry reads as invalid. */
  #untracked(state: WalkState): WalkState {
    if (state.states !== STATE_BIT.INVALID) return state;
    return this.#states.state({ ...state, states: STATE_BIT.UNTRACKED, noTrack: true });
  }

  #policy({ mark, noTrack }: WalkState): WalkEnding {
    const { chain } = this.#sources.program.chains[this.#baseChain]!;
    const drops = chain.kind === 'base' && chain.policy === 'drop';
    return { kind: drops ? 'drop' : 'accept', mark, noTrack, rule: -1 };
  }
}

/** Only the reference evaluator knows how it goes on. */
export const REFERENCE_ENDING: WalkEnding = {
  kind: 'reference',
  mark: 0,
  noTrack: false,
  rule: -1,
};
