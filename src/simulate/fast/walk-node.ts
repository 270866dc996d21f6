import type { ChainOwner } from '../../ruleset/rule-meaning.ts';
import type { HeaderConditions } from './header-conditions.ts';
import type { WalkPosition } from './rule-effects.ts';
import type { RuleIndex } from './rule-index.ts';

/** How the walk of a base chain ended, and what it left. */
export interface WalkEnding {
  /** `reference`: only the reference evaluator can say. */
  readonly kind: 'accept' | 'drop' | 'reference';
  readonly mark: number;
  readonly noTrack: boolean;
  /** The rule that ended it; -1 when the chain's policy did. */
  readonly rule: number;
}

/** A rule that decides or says something, for the owner of its chain. */
export interface Telling {
  readonly rule: number;
  readonly owner: ChainOwner | undefined;
  /** The same number for the same rule and owner, wherever they are met in walks of one chain. */
  readonly event: number;
}

/** Such a rule that every packet on the way matches. */
export interface MetOnWay {
  /** How many of the node's branches come before it. */
  readonly before: number;
  readonly telling: Telling;
}

/** Where some packets part from the rest. */
export interface Branch {
  readonly conditions: HeaderConditions;
  /** The rule that they match, and how things stand there; or where they go on. */
  readonly position: WalkPosition;
  /** Whether the rule at the position matches them, and does to them what it does. */
  readonly applies: boolean;
  /** Undefined where that tells nothing. */
  readonly telling: Telling | undefined;
}

/** A place within a node: the first branch behind it, and the first of `met`. */
export interface NodePlace {
  readonly at: number;
  readonly met: number;
}

/** A walk that goes on as another node from a place on. */
export interface JoinedNode extends NodePlace {
  readonly kind: 'joins';
  readonly node: WalkNode;
}

/**
 * A stretch of a base chain's walk, jumps followed, as packets take it that match none of the rules on which something depends: the
 * first of those `branches` that a packet matches leads it to another node.
 */
export class WalkNode {
  readonly branches: readonly Branch[];
  readonly met: readonly MetOnWay[];
  /** Where the walk goes on, or how it ends. */
  readonly end: WalkEnding | JoinedNode;
  /** Whether any rule of it, branches included, tells something. */
  readonly tells: boolean;
  readonly successors: (WalkNode | undefined)[];
  readonly index: RuleIndex | undefined;

  constructor(parts: Pick<WalkNode, 'branches' | 'met' | 'end' | 'index'>) {
    this.branches = parts.branches;
    this.met = parts.met;
    this.end = parts.end;
    this.index = parts.index;
    this.tells =
      parts.met.length > 0 || parts.branches.some(({ telling }) => telling !== undefined);
    this.successors = new Array<WalkNode | undefined>(parts.branches.length).fill(undefined);
  }
}
