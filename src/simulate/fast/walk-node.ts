import type { ChainOwner } from '../../ruleset/rule-meaning.ts';
import type { HeaderConditions } from './header-conditions.ts';
import type { RuleIndex } from './rule-index.ts';
import type { WalkState } from './walk-state.ts';

/** How the walk of a base chain ended, and what it left. */
export interface WalkEnding {
  /** `reference`: only the reference evaluator can say. */
  readonly kind: 'accept' | 'drop' | 'reference';
  readonly mark: number;
  readonly noTrack: boolean;
  /** The rule that ended it; -1 when the chain's policy did. */
  readonly rule: number;
}

/** A rule that packets meet on the way, and the owner of its chain. */
export interface MetOnWay {
  /** How many of the node's branches come before it. */
  readonly before: number;
  readonly rule: number;
  readonly owner: ChainOwner | undefined;
}

/** A rule that some packets match and others do not. */
export interface Branch {
  readonly rule: number;
  readonly conditions: HeaderConditions;
  /** How things stand when the rule is come to. */
  readonly state: WalkState;
}

/**
 * A stretch of a base chain's walk, jumps followed, as packets take it that match none of the rules on which something depends: the
 * first of those `branches` that a packet matches leads it to another node.
 */
export class WalkNode {
  readonly branches: readonly Branch[];
  /** The rules that every packet on this way matches and that decide or say something. */
  readonly met: readonly MetOnWay[];
  /** Numbers all branches of all nodes: a branch's number is this plus its place. */
  readonly firstNumber: number;
  /** Where the walk goes on, or how it ends. */
  readonly end:
    | WalkEnding
    | { readonly kind: 'joins'; readonly node: WalkNode; readonly at: number };
  readonly successors: (WalkNode | undefined)[];
  readonly index: RuleIndex | undefined;

  constructor(parts: Pick<WalkNode, 'branches' | 'met' | 'firstNumber' | 'end' | 'index'>) {
    this.branches = parts.branches;
    this.met = parts.met;
    this.firstNumber = parts.firstNumber;
    this.end = parts.end;
    this.index = parts.index;
    this.successors = new Array<WalkNode | undefined>(parts.branches.length).fill(undefined);
  }
}
