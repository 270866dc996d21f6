import {
  bothConditions,
  type Dimension,
  type HeaderConditions,
  NO_CONDITIONS,
  onlyDimensionOf,
  unconditionalOf,
  valuesOf,
} from './header-conditions.ts';
import { complementOf, type Ranges, unionOf } from './ranges.ts';
import {
  REFERENCE_ENDING,
  type RuleEffects,
  type WalkPosition,
  type WalkSources,
} from './rule-effects.ts';
import { RuleIndex } from './rule-index.ts';
import {
  type Branch,
  type JoinedNode,
  type MetOnWay,
  type NodePlace,
  type Telling,
  type WalkEnding,
  WalkNode,
} from './walk-node.ts';
import type { WalkState } from './walk-state.ts';

/** Of so many branches one is a place where other walks may join; the others would cost more than the few branches that they save. */
const JOINED = 8;

/** Places where walks may be joined, by the numbers of their positions. */
export class Joints {
  readonly #byNumber: Map<number, { readonly builder: PathBuilder } & NodePlace> = new Map();

  /** A finished node that goes on from the position, and what of it comes next. */
  find(number: number): JoinedNode | undefined {
    const joint = this.#byNumber.get(number);
    const node = joint?.builder.node;
    return joint === undefined || node === undefined
      ? undefined
      : { kind: 'joins', node, at: joint.at, met: joint.met };
  }

  add(number: number, builder: PathBuilder, { at, met }: NodePlace): void {
    this.#byNumber.set(number, { builder, at, met });
  }
}

/**
 * Packets that have another mark than the rest, by a rule that did nothing else: those with the values of one dimension. Lists are put together of several
 * such rules, and the marks that tell who met them are looked at by the next rules and then cleared; so these packets need no node of
 * their own as long as they meet the same rules.
 */
interface Marked {
  readonly dimension: Dimension;
  readonly ranges: Ranges;
  readonly state: WalkState;
}

/** Makes one node: follows the walk from a position to its end, or to where another walk goes on in the same way. */
export class PathBuilder {
  /** Undefined until it is finished; others may join it before. */
  node: WalkNode | undefined;
  readonly #sources: WalkSources;
  readonly #effects: RuleEffects;
  readonly #joints: Joints;
  readonly #branches: Branch[] = [];
  /** What the branches ask. */
  readonly #asked: HeaderConditions[] = [];
  readonly #met: MetOnWay[] = [];
  #marked: Marked | undefined;

  constructor(sources: WalkSources, effects: RuleEffects, joints: Joints) {
    this.#sources = sources;
    this.#effects = effects;
    this.#joints = joints;
  }

  /** Makes the node that begins at a position. Call once. */
  build(from: WalkPosition): WalkNode {
    let position = from;
    for (;;) {
      const next = this.#sources.budget.spend() ? this.#step(position) : REFERENCE_ENDING;
      if (!('kind' in next)) {
        position = next;
        continue;
      }
      // Those with another mark may end otherwise.
      if (next.kind !== 'joins') this.#flush(position.at);
      return this.#finish(next);
    }
  }

  #finish(end: WalkNode['end']): WalkNode {
    const branches = this.#branches;
    const { addresses } = this.#sources;
    const index = branches.length === 0 ? undefined : new RuleIndex(this.#asked, addresses);
    this.node = new WalkNode({ branches, met: this.#met, end, index });
    return this.node;
  }

  /** Goes on by one rule, or one chain's end. */
  #step(position: WalkPosition): WalkPosition | WalkNode['end'] {
    const effects = this.#effects;
    if (effects.isAtEnd(position))
      return this.#together(position, (one) => effects.leaveChain(one));
    const conditions = effects.conditionsAt(position);
    const marked = this.#marked;
    if (marked !== undefined) {
      const others = effects.conditionsAt({ state: marked.state, at: position.at });
      if (others !== conditions) return this.#stepApart(position, marked, conditions, others);
    }
    if (conditions.length === 0) return effects.behind(position, marked?.state);
    const always = unconditionalOf(conditions);
    if (always !== undefined) return this.#meet(position, always);
    return this.#branch(position, conditions);
  }

  /** A rule that some packets match, whatever their mark. */
  #branch(
    position: WalkPosition,
    conditions: readonly HeaderConditions[],
  ): WalkPosition | WalkNode['end'] {
    const next = after(position);
    if (this.#marked === undefined) {
      const number = this.#effects.numberOf(position);
      const joint = this.#joints.find(number);
      if (joint !== undefined) return joint;
      const at = this.#branches.length;
      if (at % JOINED === 0) this.#joints.add(number, this, { at, met: this.#met.length });
    }
    if (this.#mark(position, conditions)) return next;
    const marked = this.#marked;
    if (marked !== undefined) {
      this.#add({ state: marked.state, at: position.at }, conditions, among(marked));
    }
    this.#add(position, conditions, NO_CONDITIONS);
    return next;
  }

  /** Takes a rule that only marks some packets; false where it must be a branch. */
  #mark(position: WalkPosition, conditions: readonly HeaderConditions[]): boolean {
    const effects = this.#effects;
    if (conditions.length !== 1 || !effects.isPlainMark(position.at)) return false;
    const only = conditions[0]!;
    const dimension = onlyDimensionOf(only);
    if (dimension === undefined || !only.certain) return false;
    const applied = effects.apply(position);
    if ('kind' in applied) return false;
    const ranges = only[dimension]!;
    const marked = this.#marked;
    if (applied.state === position.state) return marked === undefined;
    if (marked === undefined) {
      this.#marked = { dimension, ranges, state: applied.state };
      return true;
    }
    const others = effects.apply({ state: marked.state, at: position.at });
    const isSame =
      applied.state === marked.state && !('kind' in others) && others.state === marked.state;
    if (!isSame || dimension !== marked.dimension) return false;
    this.#marked = { ...marked, ranges: unionOf(marked.ranges, ranges) };
    return true;
  }

  /** A rule that every packet matches. */
  #meet(position: WalkPosition, always: HeaderConditions): WalkPosition | WalkEnding {
    if (!always.certain) return REFERENCE_ENDING;
    const next = this.#together(position, (one) => this.#effects.apply(one));
    const telling = this.#effects.telling(position.at, position.state.owner);
    if (telling !== undefined) this.#met.push({ before: this.#branches.length, telling });
    return next;
  }

  /** Does the same for all packets; those with another mark are parted from the rest where they would not go the same way. */
  #together(
    position: WalkPosition,
    go: (position: WalkPosition) => WalkPosition | WalkEnding,
  ): WalkPosition | WalkEnding {
    const next = go(position);
    const marked = this.#marked;
    if (marked === undefined) return next;
    const others = go({ state: marked.state, at: position.at });
    if ('kind' in next || 'kind' in others || next.at !== others.at) this.#flush(position.at);
    else if (next.state === others.state) this.#marked = undefined;
    else this.#marked = { ...marked, state: others.state };
    return next;
  }

  /** A rule that looks at the mark by which some packets differ. */
  #stepApart(
    position: WalkPosition,
    marked: Marked,
    conditions: readonly HeaderConditions[],
    others: readonly HeaderConditions[],
  ): WalkPosition | WalkNode['end'] {
    const next = after(position);
    const theirs = { state: marked.state, at: position.at };
    if (conditions.length === 0) {
      this.#add(theirs, others, among(marked));
      // With those that it matches, all that are marked may have gone another way.
      if (unconditionalOf(others) !== undefined) this.#marked = undefined;
      return next;
    }
    if (others.length === 0 && unconditionalOf(conditions) === undefined) {
      this.#add(position, conditions, amongOthers(marked, this.#sources.addresses));
      return next;
    }
    this.#flush(position.at);
    return position;
  }

  /** Gives those with another mark a node of their own, from a rule on. */
  #flush(at: number): void {
    const marked = this.#marked;
    if (marked === undefined) return;
    this.#marked = undefined;
    const position = { state: marked.state, at };
    this.#push({ position, applies: false, conditions: among(marked), telling: undefined });
  }

  #add(
    position: WalkPosition,
    conditions: readonly HeaderConditions[],
    among: HeaderConditions,
  ): void {
    const telling: Telling | undefined = this.#effects.telling(position.at, position.state.owner);
    for (let i = 0; i < conditions.length; i++) {
      const both = bothConditions(conditions[i]!, among);
      if (both === undefined) continue;
      this.#push({ position, applies: true, conditions: both, telling });
    }
  }

  #push(branch: Branch): void {
    this.#branches.push(branch);
    this.#asked.push(branch.conditions);
  }
}

function after({ state, at }: WalkPosition): WalkPosition {
  return { state, at: at + 1 };
}

function among({ dimension, ranges }: Marked): HeaderConditions {
  return { ...NO_CONDITIONS, [dimension]: ranges };
}

function amongOthers({ dimension, ranges }: Marked, addresses: number): HeaderConditions {
  const others = complementOf(ranges, valuesOf(dimension, addresses));
  return { ...NO_CONDITIONS, [dimension]: others };
}
