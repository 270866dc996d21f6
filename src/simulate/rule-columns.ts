import { hasPorts } from '../address/protocol.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import { isUnknowable, stateMask } from './match-evaluation.ts';
import type { SetMembership } from './set-membership.ts';

/** What the walker does after a match. */
export const DO = {
  nothing: 0,
  accept: 1,
  drop: 2,
  return: 3,
  jump: 4,
  goto: 5,
  mark: 6,
  notrack: 7,
  reject: 8,
  translate: 9,
  opaque: 10,
} as const;

/** The numbers that rules know chains and interfaces by. */
export interface RuleNames {
  /** The chain of this name in the rule's own table. */
  readonly chain: (name: string) => number;
  readonly interface: (name: string) => number;
}

/**
 * The criteria of rules as one array for each, by the rule's number, so that a rule which does not match costs a few loads.
 *
 * Measured on the 2,289 rules of 100 policies: six times as fast as the same words interleaved by rule.
 */
export class RuleColumns {
  /** The protocol's number, -1: any. */
  readonly protocol: Int16Array;
  readonly markMask: Int32Array;
  readonly markValue: Int32Array;
  /** IPv4 only; IPv6 blocks are left to the matches themselves. */
  readonly sourceMask: Int32Array;
  readonly source: Int32Array;
  readonly destinationMask: Int32Array;
  readonly destination: Int32Array;
  /** Destination port. */
  readonly portFirst: Uint16Array;
  readonly portLast: Uint16Array;
  /** Where the pairs in `ranges` begin and end; equal: any port. */
  readonly rangesFrom: Int32Array;
  readonly rangesTo: Int32Array;
  /** Interface number, 0: any. */
  readonly inInterface: Int32Array;
  readonly outInterface: Int32Array;
  /** Bits of which the packet must have one; all ones: any. */
  readonly states: Int32Array;
  /** Number of a set that must hold the address; 0: none, below 0: must not hold. */
  readonly sourceSet: Int32Array;
  readonly destinationSet: Int32Array;
  /** 1 where the columns do not say all: the rule's `rest`, or chance. */
  readonly more: Uint8Array;
  readonly operation: Uint8Array;
  /** The chain of a jump; the value and mask of MARK. */
  readonly operand: Int32Array;
  readonly operand2: Int32Array;
  /** Pairs of first and last port. */
  readonly ranges: number[] = [];

  constructor(length: number) {
    this.protocol = new Int16Array(length).fill(-1);
    this.markMask = new Int32Array(length);
    this.markValue = new Int32Array(length);
    this.sourceMask = new Int32Array(length);
    this.source = new Int32Array(length);
    this.destinationMask = new Int32Array(length);
    this.destination = new Int32Array(length);
    this.portFirst = new Uint16Array(length);
    this.portLast = new Uint16Array(length).fill(65535);
    this.rangesFrom = new Int32Array(length);
    this.rangesTo = new Int32Array(length);
    this.inInterface = new Int32Array(length);
    this.outInterface = new Int32Array(length);
    this.states = new Int32Array(length).fill(-1);
    this.sourceSet = new Int32Array(length);
    this.destinationSet = new Int32Array(length);
    this.more = new Uint8Array(length);
    this.operation = new Uint8Array(length);
    this.operand = new Int32Array(length);
    this.operand2 = new Int32Array(length);
  }

  /** Writes one criterion of the rule with this number; only what `columnOf` has a column for. */
  setMatch(at: number, match: Match, membership: SetMembership, names: RuleNames): void {
    switch (match.kind) {
      case 'protocol':
        this.protocol[at] = match.protocol;
        return;
      case 'mark':
        this.markMask[at] = match.mask;
        this.markValue[at] = match.value;
        return;
      case 'address':
        (match.side === 'source' ? this.sourceMask : this.destinationMask)[at] = match.cidr.m3;
        (match.side === 'source' ? this.source : this.destination)[at] = match.cidr.network.w3;
        return;
      case 'ports':
        this.portFirst[at] = match.range.first;
        this.portLast[at] = match.range.last;
        return;
      case 'multiport':
        this.rangesFrom[at] = this.ranges.length;
        for (const { first, last } of match.ranges) this.ranges.push(first, last);
        this.rangesTo[at] = this.ranges.length;
        return;
      case 'set': {
        const number = membership.numbers.get(match.set) ?? 0;
        const column = match.directions[0] === 'src' ? this.sourceSet : this.destinationSet;
        column[at] = match.negated ? -number : number;
        return;
      }
      case 'interface':
        (match.direction === 'in' ? this.inInterface : this.outInterface)[at] = names.interface(
          match.name,
        );
        return;
      case 'conntrack-state':
        this.states[at] = stateMask(match.states);
        return;
      default:
        throw new Error(`no column holds ${match.kind}`);
    }
  }

  setTarget(at: number, target: Target | undefined, names: RuleNames): void {
    if (target === undefined || target.kind === 'log') return;
    switch (target.kind) {
      case 'jump':
      case 'goto':
        this.operand[at] = names.chain(target.chain);
        this.operation[at] = DO[target.kind];
        return;
      case 'mark':
        this.operand[at] = target.value;
        this.operand2[at] = target.mask;
        this.operation[at] = DO.mark;
        return;
      case 'dnat':
      case 'snat':
      case 'masquerade':
        this.operation[at] = DO.translate;
        return;
      default:
        this.operation[at] = DO[target.kind];
    }
  }
}

/** The matches of a rule that no column holds, in the rule's order; unknowable ones are not among them. */
export function restOf(rule: Rule, membership: SetMembership): readonly Match[] {
  const ported = rule.matches.some(
    (match) => match.kind === 'protocol' && !match.negated && hasPorts(match.protocol),
  );
  const taken = new Set<string>();
  return rule.matches.filter((match) => {
    if (isUnknowable(match)) return false;
    const column = columnOf(match, ported, membership);
    // A second criterion of a kind finds its column taken.
    if (column === undefined || taken.has(column)) return true;
    taken.add(column);
    return false;
  });
}

/** Names the columns that hold all of a match; undefined where none can. `ported`: the rule's protocol has ports. */
function columnOf(match: Match, ported: boolean, membership: SetMembership): string | undefined {
  if (match.kind === 'set') {
    return membership.numbers.has(match.set) ? `${match.directions[0]} set` : undefined;
  }
  if (!('negated' in match) || match.negated) return undefined;
  switch (match.kind) {
    case 'protocol':
      return match.protocol === 0 ? undefined : 'protocol';
    case 'address':
      return match.cidr.network.family === 6 ? undefined : match.side;
    case 'ports':
    case 'multiport':
      return match.side === 'source' || !ported ? undefined : match.kind;
    case 'interface':
      return match.prefix ? undefined : match.direction;
    case 'mark':
    case 'conntrack-state':
      return match.kind;
    default:
      return undefined;
  }
}
