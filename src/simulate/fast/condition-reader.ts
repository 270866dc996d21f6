import type { AddressIntervals } from '../../address/address-intervals.ts';
import { type Cidr, hostCidr } from '../../address/cidr.ts';
import type { PortRange } from '../../address/port-range.ts';
import { hasPorts, IP_PROTOCOL } from '../../address/protocol.ts';
import type { IpSet } from '../../ruleset/ip-set.ts';
import type { Match } from '../../ruleset/match/match.ts';
import type { Rule } from '../../ruleset/ruleset.ts';
import { isDoubtful } from '../doubt.ts';
import { isPlain } from '../set-lookups.ts';
import type { ConditionBuilder, Conditions } from './condition-builder.ts';
import { PORTS } from './header-conditions.ts';
import type { HostFacts } from './host-facts.ts';
import { complementOf, type Ranges, rangesOf } from './ranges.ts';

/** What is known of packets before their addresses and ports are looked at. */
export interface WalkContext {
  readonly protocol: number;
  /** Empty where the host itself sends. */
  readonly inInterface: string;
  /** Empty where rules see none. */
  readonly outInterface: string;
}

/** Turns a rule's matches into conditions on intervals of addresses and on ports. */
export class ConditionReader {
  readonly #addresses: AddressIntervals;
  readonly #facts: HostFacts;
  readonly #sets: ReadonlyMap<string, IpSet>;
  readonly #unreadSets: ReadonlySet<string>;
  readonly #areSetsFixed: boolean;
  readonly #setRanges: Map<string, Ranges> = new Map();
  /** What rules ask, by their number; for each protocol. */
  readonly #known: Map<number, (Conditions | undefined)[]> = new Map();
  readonly #rules: number;

  /**
   * `rules` is how many there are. `unread` names the sets whose members cannot be looked up. With sets that are not fixed, rules
   * change what is in them.
   */
  constructor(
    addresses: AddressIntervals,
    facts: HostFacts,
    rules: number,
    sets: {
      readonly all: readonly IpSet[];
      readonly unread: ReadonlySet<string>;
      readonly areFixed: boolean;
    },
  ) {
    this.#addresses = addresses;
    this.#facts = facts;
    this.#rules = rules;
    this.#sets = new Map(sets.all.map((set) => [set.name, set]));
    this.#unreadSets = sets.unread;
    this.#areSetsFixed = sets.areFixed;
  }

  /** Where conditions of rules are kept that are the same for all packets of a protocol, by the rules' numbers. */
  knownOf(protocol: number): (Conditions | undefined)[] {
    let known = this.#known.get(protocol);
    if (known === undefined) {
      known = new Array<Conditions | undefined>(this.#rules).fill(undefined);
      this.#known.set(protocol, known);
    }
    return known;
  }

  /** Adds what a rule's match asks of headers; false where it is known not to hold. */
  take(match: Match, rule: Rule, context: WalkContext, conditions: ConditionBuilder): boolean {
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
        const ports =
          match.kind === 'ports' ? [match.range.first, match.range.last] : portsOf(match.ranges);
        const side = match.side === 'source' ? 'sourcePort' : 'key';
        conditions.restrict(side, match.negated ? complementOf(ports, PORTS) : ports);
        return true;
      }
      default:
        if (!isDoubtful(match, this.#unreadSets))
          return this.#takeOther(match, context, conditions);
        if (!changesNothing(rule)) conditions.certain = false;
        return true;
    }
  }

  #takeOther(match: Match, context: WalkContext, conditions: ConditionBuilder): boolean {
    switch (match.kind) {
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
    const block = this.#addresses.rangeOf(cidr);
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

/** Every block that conditions of these rules and sets may name. */
export function blocksOf(
  rules: readonly { readonly rule: Rule }[],
  sets: readonly IpSet[],
): Cidr[] {
  const blocks: Cidr[] = [];
  for (let i = 0; i < rules.length; i++) {
    const { matches } = rules[i]!.rule;
    for (let j = 0; j < matches.length; j++) {
      const match = matches[j]!;
      if (match.kind === 'address') blocks.push(match.cidr);
    }
  }
  for (const { members } of sets) {
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (member.kind === 'net') blocks.push(member.cidr);
      else if (member.kind === 'address-port') blocks.push(hostCidr(member.address));
    }
  }
  return blocks;
}

/** Whether it makes no difference if the rule matches. */
function changesNothing({ target }: Rule): boolean {
  return target === undefined || target.kind === 'log';
}

function portsOf(ranges: readonly PortRange[]): Ranges {
  // Mostly they ascend and do not touch, and an array that is as long as it must be takes less room.
  const ports = new Array<number>(ranges.length * 2);
  let next = 0;
  for (let i = 0; i < ranges.length; i++) {
    const { first, last } = ranges[i]!;
    if (first < next) return rangesOf(ranges.map((one) => [one.first, one.last] as const));
    ports[2 * i] = first;
    ports[2 * i + 1] = last;
    next = last + 2;
  }
  return ports;
}
