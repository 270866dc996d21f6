import type { AddressIntervals } from '../../address/address-intervals.ts';
import { type Cidr, hostCidr } from '../../address/cidr.ts';
import type { PortRange } from '../../address/port-range.ts';
import { hasPorts, IP_PROTOCOL } from '../../address/protocol.ts';
import type { IpSet } from '../../ruleset/ip-set.ts';
import type { Match } from '../../ruleset/match/match.ts';
import type { Rule } from '../../ruleset/ruleset.ts';
import { stateMask } from '../connection-state-bits.ts';
import { isDoubtful } from '../doubt.ts';
import { isPlain } from '../set-lookups.ts';
import {
  type Dimension,
  type HeaderConditions,
  NO_CONDITIONS,
  PORTS,
} from './header-conditions.ts';
import type { HostFacts } from './host-facts.ts';
import { complementOf, intersectionOf, type Ranges, rangesOf } from './ranges.ts';

/** What is known of packets before their addresses and ports are looked at. */
export interface WalkContext {
  readonly protocol: number;
  /** Empty where the host itself sends. */
  readonly inInterface: string;
  /** Empty where rules see none. */
  readonly outInterface: string;
}

/** How many address and port pairs of a set a rule may be split into. */
const MOST_ALTERNATIVES = 1024;

/** Turns a rule's matches into conditions on intervals of addresses and on ports. */
export class ConditionReader {
  readonly #addresses: AddressIntervals;
  readonly #facts: HostFacts;
  readonly #sets: ReadonlyMap<string, IpSet>;
  readonly #unreadSets: ReadonlySet<string>;
  readonly #areSetsFixed: boolean;
  readonly #setRanges: Map<string, Ranges> = new Map();

  /** `unread` names the sets whose members cannot be looked up. With sets that are not fixed, rules change what is in them. */
  constructor(
    addresses: AddressIntervals,
    facts: HostFacts,
    sets: {
      readonly all: readonly IpSet[];
      readonly unread: ReadonlySet<string>;
      readonly areFixed: boolean;
    },
  ) {
    this.#addresses = addresses;
    this.#facts = facts;
    this.#sets = new Map(sets.all.map((set) => [set.name, set]));
    this.#unreadSets = sets.unread;
    this.#areSetsFixed = sets.areFixed;
  }

  /** Whether a rule can match at all in this context; `states` are bits as `stateBits` gives them. */
  admits(rule: Rule, context: WalkContext, states: number, mark: number): boolean {
    for (const match of rule.matches) {
      if (!admits(match, context, states, mark)) return false;
    }
    return true;
  }

  /** The conditions on headers under which a rule matches that is admitted, any of which is enough; none where none is met. */
  read(rule: Rule, context: WalkContext): readonly HeaderConditions[] {
    if (rule.matches.length === 0) return ALWAYS;
    const conditions = new ConditionBuilder();
    for (const match of rule.matches) {
      if (isDoubtful(match, this.#unreadSets)) {
        if (!changesNothing(rule)) conditions.certain = false;
      } else if (!this.#take(match, context, conditions) || conditions.isEmpty) return [];
    }
    return conditions.alternatives();
  }

  /** Adds what a match asks of headers; false where it is known not to hold. */
  #take(match: Match, context: WalkContext, conditions: ConditionBuilder): boolean {
    switch (match.kind) {
      case 'protocol':
      case 'interface':
      case 'conntrack-state':
      case 'mark':
      case 'comment':
        return true;
      case 'address':
        conditions.restrict(match.side, this.#address(match));
        return true;
      case 'ports':
      case 'multiport': {
        if (!hasPorts(context.protocol)) return false;
        const ports = portsOf(match.kind === 'ports' ? [match.range] : match.ranges);
        const side = match.side === 'source' ? 'sourcePort' : 'key';
        conditions.restrict(side, match.negated ? complementOf(ports, PORTS) : ports);
        return true;
      }
      case 'icmp':
        return this.#icmp(match, context, conditions);
      case 'set':
        return this.#set(match, context, conditions);
      case 'address-type':
        return this.#addressType(match, conditions);
      case 'rpfilter':
        return this.#rpfilter(match, context, conditions);
      case 'statistic':
        return match.probability > 0 !== (match.negated === true);
      default:
        conditions.certain = false;
        return true;
    }
  }

  #address({ cidr, negated }: Extract<Match, { kind: 'address' }>): Ranges {
    const block = Int32Array.from(this.#addresses.rangeOf(cidr));
    return negated ? complementOf(block, this.#addresses.count) : block;
  }

  #icmp(
    match: Extract<Match, { kind: 'icmp' }>,
    { protocol }: WalkContext,
    conditions: ConditionBuilder,
  ): boolean {
    const isIpv4 = this.#addresses.family === 4;
    if (protocol !== (isIpv4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6)) return false;
    if (isIpv4 && match.type === 255) return !match.negated;
    const first = (match.type << 8) | (match.code ?? 0);
    const last = match.code === undefined ? first | 255 : first;
    const types = rangesOf([[first, last]]);
    conditions.restrict('key', match.negated ? complementOf(types, PORTS) : types);
    return true;
  }

  #addressType(
    match: Extract<Match, { kind: 'address-type' }>,
    conditions: ConditionBuilder,
  ): boolean {
    if (match.type !== 'LOCAL') conditions.certain = false;
    else {
      const own = this.#facts.localAddresses();
      const wanted = match.negated ? complementOf(own, this.#addresses.count) : own;
      conditions.restrict(match.side, wanted);
    }
    return true;
  }

  #rpfilter(
    match: Extract<Match, { kind: 'rpfilter' }>,
    { inInterface, protocol }: WalkContext,
    conditions: ConditionBuilder,
  ): boolean {
    const isStrict = match.loose !== true && match.acceptLocal !== true;
    const passing = !isStrict ? undefined : this.#facts.sourcesRoutedBackBy(inInterface, protocol);
    if (passing === undefined) conditions.certain = false;
    else {
      const wanted = match.negated ? complementOf(passing, this.#addresses.count) : passing;
      conditions.restrict('source', wanted);
    }
    return true;
  }

  #set(
    { set: name, directions, negated }: Extract<Match, { kind: 'set' }>,
    { protocol }: WalkContext,
    conditions: ConditionBuilder,
  ): boolean {
    const set = this.#sets.get(name);
    if (!this.#areSetsFixed || (set !== undefined && !isPlain(set))) {
      conditions.certain = false;
      return true;
    }
    const side = directions[0] === 'src' ? 'source' : 'destination';
    if (set?.type === 'hash:net' && directions.length >= 1) {
      const held = this.#membersOf(set);
      conditions.restrict(side, negated ? complementOf(held, this.#addresses.count) : held);
      return true;
    }
    if (set?.type === 'hash:ip,port' && directions.length >= 2) {
      if (negated || !hasPorts(protocol) || protocol === IP_PROTOCOL.dccp) {
        conditions.certain = false;
        return true;
      }
      const ports = this.#portsOf(set, protocol);
      return conditions.split(side, directions[1] === 'src' ? 'sourcePort' : 'key', ports);
    }
    // A set that is missing or has more dimensions than directions finds nothing; other types are not known here.
    if (set === undefined) return negated;
    conditions.certain = false;
    return true;
  }

  #membersOf(set: IpSet): Ranges {
    const known = this.#setRanges.get(set.name);
    if (known !== undefined) return known;
    const ranges = rangesOf(
      set.members.flatMap((member) =>
        member.kind === 'net' ? [this.#addresses.rangeOf(member.cidr)] : [],
      ),
    );
    this.#setRanges.set(set.name, ranges);
    return ranges;
  }

  /** The addresses of a set's members of one protocol, by port. */
  #portsOf(set: IpSet, protocol: number): ReadonlyMap<number, Ranges> {
    const byPort = new Map<number, Cidr[]>();
    for (const member of set.members) {
      if (member.kind !== 'address-port' || member.protocol !== protocol) continue;
      const block = hostCidr(member.address);
      const list = byPort.get(member.port);
      if (list === undefined) byPort.set(member.port, [block]);
      else list.push(block);
    }
    return new Map(
      [...byPort].map(([port, blocks]) => [
        port,
        rangesOf(blocks.map((block) => this.#addresses.rangeOf(block))),
      ]),
    );
  }
}

/** A rule without matches. */
const ALWAYS: readonly HeaderConditions[] = [NO_CONDITIONS];

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

/** Every block that conditions of these rules and sets may name. */
export function* blocksOf(
  rules: Iterable<{ readonly rule: Rule }>,
  sets: readonly IpSet[],
): Generator<Cidr, void> {
  for (const { rule } of rules) {
    for (const match of rule.matches) if (match.kind === 'address') yield match.cidr;
  }
  for (const { members } of sets) {
    for (const member of members) {
      if (member.kind === 'net') yield member.cidr;
      else if (member.kind === 'address-port') yield hostCidr(member.address);
    }
  }
}

/** Conditions while they are put together. */
class ConditionBuilder {
  #ranges: HeaderConditions = NO_CONDITIONS;
  #split: readonly Partial<Record<Dimension, Ranges>>[] | undefined;
  certain = true;
  /** Whether no packet can meet them. */
  isEmpty = false;

  restrict(side: Dimension, ranges: Ranges): void {
    const both = intersectionOf(this.#ranges[side], ranges);
    this.#ranges = { ...this.#ranges, [side]: both };
    if (both.length === 0) this.isEmpty = true;
  }

  /** Adds pairs of a port and addresses, any of which is enough; false where there are none. */
  split(addresses: Dimension, port: Dimension, pairs: ReadonlyMap<number, Ranges>): boolean {
    if (pairs.size === 0) return false;
    if (this.#split !== undefined || pairs.size > MOST_ALTERNATIVES) {
      this.certain = false;
      return true;
    }
    this.#split = [...pairs].map(([number, ranges]) => ({
      [addresses]: ranges,
      [port]: Int32Array.of(number, number),
    }));
    return true;
  }

  alternatives(): readonly HeaderConditions[] {
    const { certain } = this;
    if (this.#split === undefined) return [certain ? this.#ranges : { ...this.#ranges, certain }];
    const found: HeaderConditions[] = [];
    for (const one of this.#split) {
      const ranges = { ...this.#ranges, certain };
      for (const [side, more] of Object.entries(one) as [Dimension, Ranges][]) {
        ranges[side] = intersectionOf(ranges[side], more);
      }
      const { source, destination, sourcePort, key } = ranges;
      if ([source, destination, sourcePort, key].every((some) => some?.length !== 0)) {
        found.push(ranges);
      }
    }
    return found;
  }
}

/** Whether it makes no difference if the rule matches. */
function changesNothing({ target }: Rule): boolean {
  return target === undefined || target.kind === 'log';
}

function portsOf(ranges: readonly PortRange[]): Ranges {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) return Int32Array.of(only.first, only.last);
  return rangesOf(ranges.map(({ first, last }) => [first, last] as const));
}
