import type { PortRange } from '../address/port-range.ts';
import { hasPorts } from '../address/protocol.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import { stateMask } from './connection-state-bits.ts';
import { isDoubtful } from './doubt.ts';
import { isWithoutEffect } from './rule-operations.ts';
import type { SetMembership } from './set-membership.ts';
import type { ValueRange } from './value-intervals.ts';

/** The criteria of a rule that can be looked up; a field that is absent lets everything through. */
export interface RuleCriteria {
  readonly protocol?: number;
  /** Destination ports, of which the packet must have one. */
  readonly ports?: readonly PortRange[];
  /** IPv4 only: what a block has at its ends. */
  readonly source?: ValueRange;
  readonly destination?: ValueRange;
  /** Signed 32-bit numbers. A value with bits outside the mask never matches. */
  readonly mark?: { readonly mask: number; readonly value: number };
  /** Bits as `stateBits` gives them, of which the packet must have one. */
  readonly states?: number;
  /** Numbers of interfaces. */
  readonly in?: number;
  readonly out?: number;
  /** Number of a set that must hold the address; below 0: must not hold. */
  readonly sourceSet?: number;
  readonly destinationSet?: number;
}

/** A rule's matches, parted by who decides them. */
export interface PartedMatches {
  readonly criteria: RuleCriteria;
  /** What the criteria do not say, in the rule's order; unknowable matches are not in it. */
  readonly rest: readonly Match[];
}

/** The numbers that criteria know interfaces and sets by. */
export interface CriterionNumbers {
  readonly interfaces: ReadonlyMap<string, number>;
  readonly membership: SetMembership;
  readonly doubtfulSets: ReadonlySet<string>;
}

/** Parts a rule's matches. A second criterion of one kind finds its place taken, and is left to the rest. */
export function partMatches(rule: Rule, numbers: CriterionNumbers): PartedMatches {
  const ported = rule.matches.some(
    (match) => match.kind === 'protocol' && !match.negated && hasPorts(match.protocol),
  );
  const criteria: Record<string, RuleCriteria[keyof RuleCriteria]> = {};
  const rest: Match[] = [];
  for (const match of rule.matches) {
    if (isDoubtful(match, numbers.doubtfulSets)) {
      // Where it does not matter whether the rule matches it is not followed both ways, but what is known to fail does.
      if (rule.target === undefined || isWithoutEffect(rule.target)) rest.push(match);
      continue;
    }
    const criterion = criterionOf(match, numbers, ported);
    if (criterion === undefined || !putInto(criteria, criterion)) rest.push(match);
  }
  return { criteria, rest };
}

/** Puts the one field of a criterion beside the others; false where its place is taken. */
function putInto(criteria: Record<string, unknown>, criterion: RuleCriteria): boolean {
  for (const field in criterion) {
    if (field in criteria) return false;
    criteria[field] = criterion[field as keyof RuleCriteria];
  }
  return true;
}

/** All that a match says, as one field; undefined where none can hold it. `ported`: the rule's protocol has ports. */
function criterionOf(
  match: Match,
  numbers: CriterionNumbers,
  ported: boolean,
): RuleCriteria | undefined {
  if (match.kind === 'set') return setCriterion(match, numbers);
  if (!('negated' in match) || match.negated) return undefined;
  switch (match.kind) {
    case 'protocol':
      return match.protocol === 0 ? undefined : { protocol: match.protocol };
    case 'address':
      return addressCriterion(match);
    case 'ports':
    case 'multiport':
      if (match.side === 'source' || !ported) return undefined;
      return { ports: match.kind === 'ports' ? [match.range] : match.ranges };
    case 'interface':
      return interfaceCriterion(match, numbers);
    case 'mark':
      return { mark: { mask: match.mask | 0, value: match.value | 0 } };
    case 'conntrack-state':
      return { states: stateMask(match.states) };
    default:
      return undefined;
  }
}

/** Ports in sets are left to the matches themselves. */
function setCriterion(
  { set, directions, negated }: Extract<Match, { kind: 'set' }>,
  { membership }: CriterionNumbers,
): RuleCriteria | undefined {
  const number = membership.numbers.get(set);
  if (number === undefined) return undefined;
  const signed = negated ? -number : number;
  return directions[0] === 'src' ? { sourceSet: signed } : { destinationSet: signed };
}

/** IPv6 blocks are left to the matches themselves. */
function addressCriterion({
  side,
  cidr: { network, prefixLength },
}: Extract<Match, { kind: 'address' }>): RuleCriteria | undefined {
  if (network.family === 6) return undefined;
  const range = { first: network.w3, last: network.w3 + 2 ** (32 - prefixLength) - 1 };
  return side === 'source' ? { source: range } : { destination: range };
}

function interfaceCriterion(
  { name, prefix, direction }: Extract<Match, { kind: 'interface' }>,
  { interfaces }: CriterionNumbers,
): RuleCriteria | undefined {
  const number = interfaces.get(name);
  if (prefix || number === undefined) return undefined;
  return direction === 'in' ? { in: number } : { out: number };
}
