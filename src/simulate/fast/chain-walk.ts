import { STATE_BIT } from '../connection-state-bits.ts';
import { tellsDecision } from '../decision.ts';
import type { RuleProgram } from '../rule-program.ts';
import type { ConditionReader, WalkContext } from './condition-reader.ts';
import { asksNothing } from './header-conditions.ts';
import { RuleIndex } from './rule-index.ts';
import { type Branch, type MetOnWay, type WalkEnding, WalkNode } from './walk-node.ts';
import { type WalkFrame, type WalkState, WalkStates } from './walk-state.ts';

/** What all walks of a ruleset share. */
export interface WalkSources {
  readonly program: RuleProgram;
  readonly reader: ConditionReader;
  /** How many intervals addresses are cut into. */
  readonly addresses: number;
  readonly budget: WalkBudget;
}

/** Whether no rule of the program changes what sets hold. */
export function leavesSetsAlone({ rules }: RuleProgram): boolean {
  return rules.every(({ rule }) => rule.target?.kind !== 'set');
}

/** How many rules may be looked at to make all nodes of a ruleset: chains that call chains many times must not fill the memory. */
const MOST_RULES = 4_000_000;

/** Numbers branches, and ends the making of nodes that would be too many; what is not made is left to the reference evaluator. */
export class WalkBudget {
  #rules = MOST_RULES;
  #branches = 0;

  /** False when nothing is left. */
  spend(): boolean {
    return this.#rules-- > 0;
  }

  /** The number of the first of some branches. */
  number(branches: number): number {
    const first = this.#branches;
    this.#branches += branches;
    return first;
  }

  /** How many branches have been numbered. */
  get branches(): number {
    return this.#branches;
  }
}

/** Where a node's branch is come to, by the state and the rule. */
interface Joint {
  readonly parts: NodeParts;
  readonly at: number;
}

/** A node while it is made; others may join it before it is finished. */
interface NodeParts {
  node: WalkNode | undefined;
}

/**
 * The walk of one base chain for packets of one protocol, one pair of interfaces and one connection state, as nodes that are made when a
 * packet first comes to them.
 */
export class ChainWalk {
  readonly #sources: WalkSources;
  readonly #context: WalkContext;
  readonly #chain: number;
  readonly #states: WalkStates = new WalkStates();
  readonly #joints: Map<number, Joint> = new Map();
  readonly #starts: Map<number, WalkNode> = new Map();
  readonly #startStates: number;

  /** `states`: what packets are when the walk begins, as `stateBits` gives it. */
  constructor(
    sources: WalkSources,
    context: WalkContext,
    start: { readonly chain: number; readonly states: number },
  ) {
    this.#sources = sources;
    this.#context = context;
    this.#chain = start.chain;
    this.#startStates = start.states;
  }

  /** The first node for packets that come with a mark. HOT */
  start(mark: number): WalkNode {
    const known = this.#starts.get(mark);
    if (known !== undefined) return known;
    const state = this.#states.state({
      chain: this.#chain,
      owner: undefined,
      frames: undefined,
      mark,
      states: this.#startStates,
      noTrack: false,
    });
    const first = this.#sources.program.chains[this.#chain]!.first;
    const made = this.#make(this.#ownedBy(state, this.#chain), first);
    this.#starts.set(mark, made);
    return made;
  }

  /** Where a branch leads. HOT */
  successor(node: WalkNode, place: number): WalkNode {
    return node.successors[place] ?? this.#makeSuccessor(node, place);
  }

  #makeSuccessor(node: WalkNode, place: number): WalkNode {
    const { rule, conditions, state } = node.branches[place]!;
    const applied = conditions.certain ? this.#apply(rule, state) : REFERENCE;
    const made = 'kind' in applied ? ended(applied) : this.#make(applied.state, applied.at);
    node.successors[place] = made;
    return made;
  }

  /** Follows the walk from a rule on, to its end or to where another walk goes on in the same way. */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the loop of the walk, whose parts share its position
  #make(from: WalkState, first: number): WalkNode {
    const { program, budget, addresses } = this.#sources;
    const parts: NodeParts = { node: undefined };
    const branches: Branch[] = [];
    const met: MetOnWay[] = [];
    const finish = (end: WalkNode['end']): WalkNode => {
      const conditions = branches.map((branch) => branch.conditions);
      const index = branches.length === 0 ? undefined : new RuleIndex(conditions, { addresses });
      const firstNumber = budget.number(branches.length);
      parts.node = new WalkNode({ branches, met, firstNumber, end, index });
      return parts.node;
    };
    let state = from;
    let at = first;
    for (;;) {
      if (!budget.spend()) return finish(REFERENCE);
      if (at === program.chains[state.chain]!.end) {
        if (state.frames === undefined) return finish(this.#policy(state));
        at = state.frames.at;
        state = this.#returned(state, state.frames);
        continue;
      }
      const conditions = this.#conditionsOf(at, state);
      if (conditions.length === 0) {
        at++;
        continue;
      }
      const always = conditions.find(asksNothing);
      if (always === undefined) {
        const key = state.number * program.rules.length + at;
        const joint = this.#joints.get(key);
        // A node that is still being made is this very one, and rules never lead back.
        if (joint?.parts.node !== undefined) {
          return finish({ kind: 'joins', node: joint.parts.node, at: joint.at });
        }
        this.#joints.set(key, { parts, at: branches.length });
        for (const one of conditions) branches.push({ rule: at, conditions: one, state });
        at++;
        continue;
      }
      if (!always.certain) return finish(REFERENCE);
      if (tellsDecision(program, at)) {
        met.push({ before: branches.length, rule: at, owner: state.owner });
      }
      const applied = this.#apply(at, state);
      if ('kind' in applied) return finish(applied);
      state = applied.state;
      at = applied.at;
    }
  }

  #returned(state: WalkState, { chain, owner, below }: WalkFrame): WalkState {
    return this.#states.state({ ...state, chain, owner, frames: below });
  }

  #conditionsOf(rule: number, state: WalkState): ReturnType<ConditionReader['read']> {
    const { program, reader } = this.#sources;
    return reader.read(program.rules[rule]!.rule, this.#context, state.states, state.mark);
  }

  /** What a rule that matches does: the walk's end, or where and how it goes on. */
  #apply(
    number: number,
    state: WalkState,
  ): WalkEnding | { readonly state: WalkState; readonly at: number } {
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
        return { state: this.#states.state({ ...state, mark }), at: next };
      }
      case 'notrack':
        return { state: this.#untracked(state), at: next };
      case 'jump':
      case 'goto':
        return this.#call(number, target.kind, state);
      default:
        return REFERENCE;
    }
  }

  #call(
    number: number,
    kind: 'jump' | 'goto',
    state: WalkState,
  ): { readonly state: WalkState; readonly at: number } {
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
    const { chain } = this.#sources.program.chains[this.#chain]!;
    const drops = chain.kind === 'base' && chain.policy === 'drop';
    return { kind: drops ? 'drop' : 'accept', mark, noTrack, rule: -1 };
  }
}

const REFERENCE: WalkEnding = { kind: 'reference', mark: 0, noTrack: false, rule: -1 };

function ended(end: WalkEnding): WalkNode {
  return new WalkNode({ branches: [], met: [], firstNumber: 0, end, index: undefined });
}
