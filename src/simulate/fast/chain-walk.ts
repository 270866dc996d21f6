import type { WalkContext } from './condition-reader.ts';
import { Joints, PathBuilder } from './path-builder.ts';
import {
  REFERENCE_ENDING,
  RuleEffects,
  type WalkPosition,
  type WalkSources,
} from './rule-effects.ts';
import { type WalkEnding, WalkNode } from './walk-node.ts';

/**
 * The walk of one base chain for packets of one protocol, one pair of interfaces and one connection state, as nodes that are made when a
 * packet first comes to them.
 */
export class ChainWalk {
  readonly #sources: WalkSources;
  readonly #effects: RuleEffects;
  readonly #joints: Joints = new Joints();
  readonly #starts: Map<number, WalkNode> = new Map();
  /** What follows where a chain was left, by the number of the position. */
  readonly #behindChains: Map<number, WalkNode> = new Map();
  // Most packets come with the mark of the one before.
  #latestMark = -1;
  #latestStart: WalkNode | undefined;
  readonly #states: number;

  /** `states`: what packets are when the walk begins, as `stateBits` gives it. */
  constructor(
    sources: WalkSources,
    context: WalkContext,
    start: { readonly chain: number; readonly states: number },
  ) {
    this.#sources = sources;
    this.#effects = new RuleEffects(sources, context, start.chain);
    this.#states = start.states;
  }

  /** The first node for packets that come with a mark. HOT */
  start(mark: number): WalkNode {
    if (mark === this.#latestMark) return this.#latestStart!;
    let node = this.#starts.get(mark);
    if (node === undefined) {
      node = this.#make(this.#effects.begin(mark, this.#states));
      this.#starts.set(mark, node);
    }
    this.#latestMark = mark;
    this.#latestStart = node;
    return node;
  }

  /** Where a branch leads. HOT */
  successor(node: WalkNode, place: number): WalkNode {
    return node.successors[place] ?? this.#makeSuccessor(node, place);
  }

  #makeSuccessor(node: WalkNode, place: number): WalkNode {
    const { position, applies, conditions } = node.branches[place]!;
    const next = !conditions.certain
      ? REFERENCE_ENDING
      : applies
        ? this.#effects.apply(position)
        : position;
    const made = this.#make(next);
    node.successors[place] = made;
    return made;
  }

  /**
   * The node of packets that go on from a position. Most branches of a chain lead out of it in the same way, so that they share the node of what follows: a
   * chain is left before a node begins, as long as nothing is met that tells something.
   */
  #make(from: WalkPosition | WalkEnding): WalkNode {
    const effects = this.#effects;
    const left: number[] = [];
    let position = from;
    let node: WalkNode | undefined;
    while (!('kind' in position) && this.#sources.budget.spend()) {
      const isLeaving = effects.isAtEnd(position);
      const next = isLeaving ? effects.leaveChain(position) : effects.passBy(position);
      if (next === undefined) break;
      position = next;
      if (!isLeaving || 'kind' in position) continue;
      const number = effects.numberOf(position);
      node = this.#behindChains.get(number);
      if (node !== undefined) break;
      left.push(number);
    }
    node ??= this.#build(position);
    for (const number of left) this.#behindChains.set(number, node);
    return node;
  }

  #build(from: WalkPosition | WalkEnding): WalkNode {
    return 'kind' in from
      ? new WalkNode({ branches: [], met: [], end: from, index: undefined })
      : new PathBuilder(this.#sources, this.#effects, this.#joints).build(from);
  }
}
