import type { Cidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import type { PortRange } from '../address/port-range.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { IcmpCriterion, ResolvedEntity, ResolvedRule } from '../policy/node-policy.ts';
import type { Match } from '../ruleset/match/match.ts';
import { MULTIPORT_SLOTS, multiportSlots } from '../ruleset/match/multiport.ts';
import type { Side } from '../ruleset/match/side.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { CompileContext } from './compile-context.ts';
import {
  clearMark,
  inBlock,
  inPortSet,
  inSet,
  ofProtocol,
  setMark,
  whenMarked,
  whenUnmarked,
} from './rule-parts.ts';

/*
 * One policy rule is an AND of criteria, and some criteria are ORs: any of these blocks, any of these ports. One netfilter rule
 * is an AND only. It has room for one source and one destination block, and a multiport match has 15 slots, of which a range takes two.
 * So a criterion with more alternatives than fit becomes a block of rules in front, which computes the OR into a mark bit, and the
 * last rule asks for that bit beside everything that does fit.
 *
 * scratch0 means "every block so far has matched". The first positive block sets it for each alternative that matches. Each later
 * one starts with scratch1 clear, sets it for each alternative that matches, and then clears scratch0 unless scratch1 is
 * set. Without a positive block scratch0 starts set. A negated criterion that does not fit clears scratch0 for each of its elements that
 * matches, which is the AND of the NOTs.
 *
 * INVARIANT: between two blocks scratch1 says nothing about the block before. Felix leaves it set, so that its third and later positive
 * blocks always match once the second has (`calico-semantics` 4). That is not copied here: a rule means what it says.
 */

/** A rule without words and meaning yet. */
export interface BareRule {
  readonly matches: readonly Match[];
  readonly target: Target;
}

/** A policy rule as netfilter can hold it: first `preparation`, then every action under all of `criteria`. */
export interface RuleParts {
  readonly preparation: readonly BareRule[];
  readonly criteria: readonly Match[];
}

/** Any of the alternatives; each is an AND of matches. */
type Block = readonly (readonly Match[])[];

interface Collected {
  readonly criteria: Match[];
  readonly positive: Block[];
  readonly negative: (readonly Match[])[];
}

/**
 * Splits a rule into what netfilter can hold. Undefined when no packet of the family can match it: it is for the other family,
 * all blocks of one of its lists are, or its criteria exclude each other.
 *
 * A field that is emptied by leaving out the other family's blocks must not become "any", so the whole rule goes.
 * Source: `calico-semantics` 4.
 */
export function splitRule(rule: ResolvedRule, context: CompileContext): RuleParts | undefined {
  if (rule.ipVersion !== undefined && rule.ipVersion !== context.family) return undefined;
  const source = ofFamily(rule.source, context);
  const destination = ofFamily(rule.destination, context);
  const protocol = protocolOf(rule, context);
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;

  const collected: Collected = {
    criteria: protocol.matches,
    positive: [],
    negative: protocol.negative,
  };
  collectPorts('source', source, protocol.number, context, collected);
  collectPorts('destination', destination, protocol.number, context, collected);
  collectNets('source', source, collected);
  collectNets('destination', destination, collected);
  collectSets('source', source, context, collected);
  collectSets('destination', destination, context, collected);
  return assemble(collected, context);
}

function assemble(
  { criteria, positive, negative }: Collected,
  { marks }: CompileContext,
): RuleParts {
  // A copy has no room for more.
  if (positive.length === 0 && negative.length === 0) {
    return { preparation: [], criteria: criteria.slice() };
  }
  const preparation: BareRule[] = [];
  if (positive.length === 0) preparation.push({ matches: [], target: setMark(marks.scratch0) });
  for (const [index, block] of positive.entries()) {
    const bit = index === 0 ? marks.scratch0 : marks.scratch1;
    const cleared = index === 0 ? (marks.scratch0 | marks.scratch1) >>> 0 : marks.scratch1;
    if (index !== 1) preparation.push({ matches: [], target: clearMark(cleared) });
    for (const matches of block) preparation.push({ matches, target: setMark(bit) });
    if (index > 0) {
      preparation.push({
        matches: [whenUnmarked(marks.scratch1)],
        target: clearMark(marks.scratch0),
      });
    }
  }
  for (const matches of negative) preparation.push({ matches, target: clearMark(marks.scratch0) });
  return { preparation, criteria: [...criteria, whenMarked(marks.scratch0)] };
}

/** The side with only the family's blocks; undefined when a list of blocks is emptied by that, or can match nothing. */
function ofFamily(entity: ResolvedEntity, { family }: CompileContext): ResolvedEntity | undefined {
  const nets = blocksOf(family, entity.nets);
  const notNets = blocksOf(family, entity.notNets);
  if (nets.length === 0 && entity.nets.length > 0) return undefined;
  if (notNets.length === 0 && entity.notNets.length > 0) return undefined;
  // No address is outside a block of every address. Older versions wrote the rule all the same; no packet can tell.
  if (notNets.some((cidr) => cidr.prefixLength === 0)) return undefined;
  // Most rules are as they were.
  if (nets === entity.nets && notNets === entity.notNets) return entity;
  return { ...entity, nets, notNets };
}

/** The blocks of the family: the list itself where all are. */
function blocksOf(family: IpFamily, cidrs: readonly Cidr[]): readonly Cidr[] {
  for (const { network } of cidrs) {
    if (network.family !== family) return cidrs.filter((one) => one.network.family === family);
  }
  return cidrs;
}

interface ProtocolParts {
  /** What the rule matches, not negated. */
  readonly number: number | undefined;
  readonly matches: Match[];
  readonly negative: (readonly Match[])[];
}

/**
 * Protocol and ICMP criteria; undefined when they exclude each other. The kernel has an ICMP match only under `-p icmp` of its
 * family, so that an ICMP criterion without a protocol brings it along.
 */
function protocolOf(rule: ResolvedRule, { family }: CompileContext): ProtocolParts | undefined {
  const icmpProtocol = family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  const icmp = icmpMatchOf(rule.icmp, false);
  const notIcmp = icmpMatchOf(rule.notIcmp, true);
  const number = rule.protocol ?? (icmp === undefined ? undefined : icmpProtocol);
  if (number !== undefined && number === rule.notProtocol) return undefined;
  if (icmp !== undefined && number !== icmpProtocol) return undefined;

  const matches: Match[] = [];
  const negative: Match[][] = [];
  if (number !== undefined) matches.push(ofProtocol(number));
  else if (rule.notProtocol !== undefined) matches.push(ofProtocol(rule.notProtocol, true));
  if (icmp !== undefined) matches.push(icmp);
  if (notIcmp !== undefined) {
    if (number === icmpProtocol) matches.push(notIcmp);
    // A packet of another protocol has no ICMP type, so the criterion excludes nothing where the protocol is another.
    else if (number === undefined) {
      negative.push([ofProtocol(icmpProtocol), { ...notIcmp, negated: false }]);
    }
  }
  return { number, matches, negative };
}

function icmpMatchOf(
  icmp: IcmpCriterion | undefined,
  negated: boolean,
): Extract<Match, { kind: 'icmp' }> | undefined {
  return icmp === undefined ? undefined : { kind: 'icmp', ...icmp, negated };
}

/** @throws Error for numeric ports without a protocol, which the readers refuse. */
function collectPorts(
  side: Side,
  entity: ResolvedEntity,
  protocol: number | undefined,
  { sets }: CompileContext,
  { criteria, positive }: Collected,
): void {
  const { ports, notPorts, portSets, notPortSets } = entity;
  const numbers = ports.length + notPorts.length;
  if (numbers + portSets.length + notPortSets.length === 0) return;
  if (protocol === undefined && numbers > 0) throw new Error('a rule has ports and no protocol');
  const alternatives: Match[] = [
    ...portChunks(ports).map((ranges) => multiport(side, ranges, false)),
    ...distinct(portSets.map((set) => sets.nameOfPortSet(set))).map((set) => inPortSet(side, set)),
  ];
  if (alternatives.length === 1) criteria.push(...alternatives);
  else if (alternatives.length > 1) {
    // multiport asks for the protocol in every rule that it stands in.
    const head = protocol === undefined ? [] : [ofProtocol(protocol)];
    positive.push(alternatives.map((match) => [...head, match]));
  }
  for (const ranges of portChunks(notPorts)) criteria.push(multiport(side, ranges, true));
  for (const set of distinct(notPortSets.map((s) => sets.nameOfPortSet(s)))) {
    criteria.push(inPortSet(side, set, true));
  }
}

/** A rule may name one port twice. */
function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function multiport(side: Side, ranges: readonly PortRange[], negated: boolean): Match {
  return { kind: 'multiport', side, ranges, negated };
}

/** Cuts ranges into lists that each fit one multiport match. */
function portChunks(ranges: readonly PortRange[]): readonly (readonly PortRange[])[] {
  let slots = 0;
  for (const range of ranges) slots += multiportSlots(range);
  if (slots <= MULTIPORT_SLOTS) return slots === 0 ? [] : [ranges];
  const chunks: PortRange[][] = [];
  let room = 0;
  for (const range of ranges) {
    const taken = multiportSlots(range);
    if (taken > room) {
      chunks.push([]);
      room = MULTIPORT_SLOTS;
    }
    chunks.at(-1)?.push(range);
    room -= taken;
  }
  return chunks;
}

function collectNets(
  side: Side,
  { nets, notNets }: ResolvedEntity,
  { criteria, positive, negative }: Collected,
): void {
  const [only] = nets;
  const inRule = nets.length === 1 && only !== undefined;
  if (inRule) criteria.push(inBlock(side, only));
  else if (nets.length > 1) positive.push(nets.map((cidr: Cidr) => [inBlock(side, cidr)]));
  // The rule has one place for a block of each side, which a positive one has taken.
  if (notNets.length === 1 && !inRule) criteria.push(...notNets.map((c) => inBlock(side, c, true)));
  else for (const cidr of notNets) negative.push([inBlock(side, cidr)]);
}

function collectSets(
  side: Side,
  entity: ResolvedEntity,
  { sets }: CompileContext,
  { criteria }: Collected,
): void {
  for (const set of entity.sets) criteria.push(inSet(side, sets.nameOfAddressSet(set)));
  for (const set of entity.notSets) criteria.push(inSet(side, sets.nameOfAddressSet(set), true));
}
