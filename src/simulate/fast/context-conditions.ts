import type { Match } from '../../ruleset/match/match.ts';
import type { Rule } from '../../ruleset/ruleset.ts';
import { stateMask } from '../connection-state-bits.ts';
import { ConditionBuilder, type Conditions } from './condition-builder.ts';
import type { ConditionReader, WalkContext } from './condition-reader.ts';
import { NO_CONDITIONS } from './header-conditions.ts';

/** A rule without matches. */
const ALWAYS: Conditions = [NO_CONDITIONS];

const NEVER: Conditions = [];

/** In the place of what a rule asks that is not the same for all packets of a protocol: what the reverse path filter passes depends on the interface. */
const ROUTED: Conditions = [];

/** What rules ask of packets of which so much is known. */
export class ContextConditions {
  readonly #reader: ConditionReader;
  readonly #context: WalkContext;
  /** By rule; also of other contexts of the protocol. */
  readonly #known: (Conditions | undefined)[];
  readonly #routed: Map<number, Conditions> = new Map();
  readonly #builder: ConditionBuilder = new ConditionBuilder();

  constructor(reader: ConditionReader, context: WalkContext) {
    this.#reader = reader;
    this.#context = context;
    this.#known = reader.knownOf(context.protocol);
  }

  /** Whether a rule can match at all; `states` are bits as `stateBits` gives them. */
  admits({ matches }: Rule, states: number, mark: number): boolean {
    for (let i = 0; i < matches.length; i++) {
      if (!admits(matches[i]!, this.#context, states, mark)) return false;
    }
    return true;
  }

  /**
   * The conditions on headers under which the rule with a number matches, any of which is enough, and always the same object; none where none is met.
   * `states` as for `admits`.
   */
  of(number: number, rule: Rule, states: number, mark: number): Conditions {
    const known = this.#known[number];
    if (known === undefined) return this.#read(number, rule, states, mark);
    if (!this.admits(rule, states, mark)) return NEVER;
    if (known !== ROUTED) return known;
    return this.#routed.get(number) ?? this.#read(number, rule, states, mark);
  }

  #read(number: number, rule: Rule, states: number, mark: number): Conditions {
    const { matches } = rule;
    if (matches.length === 0) return ALWAYS;
    const context = this.#context;
    const builder = this.#builder;
    builder.clear();
    let isRouted = false;
    let isMet = true;
    for (let i = 0; i < matches.length; i++) {
      const match = matches[i]!;
      if (!admits(match, context, states, mark)) return NEVER;
      if (match.kind === 'rpfilter') isRouted = true;
      isMet &&= this.#reader.take(match, rule, context, builder) && !builder.isEmpty;
    }
    const conditions = isMet ? builder.alternatives() : NEVER;
    this.#known[number] = isRouted ? ROUTED : conditions;
    if (isRouted) this.#routed.set(number, conditions);
    return conditions;
  }
}

/** Whether a match can hold, as far as that depends on none of the headers. */
function admits(match: Match, context: WalkContext, states: number, mark: number): boolean {
  switch (match.kind) {
    case 'protocol':
      return (match.protocol === 0 || match.protocol === context.protocol) !== match.negated;
    case 'interface': {
      const name = match.direction === 'in' ? context.inInterface : context.outInterface;
      const found = match.prefix ? name.startsWith(match.name) : name === match.name;
      return found !== match.negated;
    }
    case 'conntrack-state':
      return ((states & stateMask(match.states)) !== 0) !== match.negated;
    case 'mark':
      return ((mark & match.mask) >>> 0 === match.value >>> 0) !== match.negated;
    default:
      return true;
  }
}
