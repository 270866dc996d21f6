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
import { ConditionBuilder, type Conditions } from './condition-builder.ts';
import { type HeaderConditions, NO_CONDITIONS, PORTS } from './header-conditions.ts';
import type { HostFacts } from './host-facts.ts';
import { complementOf, type Ranges, rangesOf, unionOf } from './ranges.ts';

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
  /** What rules ask, by their number; for a protocol, or a protocol and an interface. */
  readonly #known: Map<number | string, (Conditions | undefined)[]> = new Map();
  readonly #rules: number;
  readonly #builder: ConditionBuilder = new ConditionBuilder();

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

  /** Whether a rule can match at all in this context; `states` are bits as `stateBits` gives them. */
  admits(rule: Rule, context: WalkContext, states: number, mark: number): boolean {
    const { matches } = rule;
    for (let i = 0; i < matches.length; i++) {
      if (!admits(matches[i]!, context, states, mark)) return false;
    }
    return true;
  }

  /**
   * The conditions on headers under which a rule matches that is admitted, any of which is enough; none where none is met. `number` is the rule's, which has the
   * same conditions, one object, in all contexts in which they cannot differ.
   */
  read(number: number, rule: Rule, context: WalkContext): readonly HeaderConditions[] {
    if (rule.matches.length === 0) return ALWAYS;
    const known = this.#knownIn(rule, context);
    let conditions = known[number];
    if (conditions === undefined) {
      conditions = this.#read(rule, context);
      known[number] = conditions;
    }
    return conditions;
  }

  /** Where conditions of such a rule are kept: what the reverse path filter passes depends on the interface. */
  #knownIn(rule: Rule, { protocol, inInterface }: WalkContext): (Conditions | undefined)[] {
    const key = asksForRoute(rule) ? `${protocol} ${inInterface}` : protocol;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = new Array<Conditions | undefined>(this.#rules).fill(undefined);
      this.#known.set(key, known);
    }
    return known;
  }

  #read(rule: Rule, context: WalkContext): Conditions {
    const conditions = this.#builder;
    conditions.clear();
    const { matches } = rule;
    for (let i = 0; i < matches.length; i++) {
      const match = matches[i]!;
      if (isInDoubt(match, this.#unreadSets)) {
        if (!changesNothing(rule)) conditions.certain = false;
      } else if (!this.#take(match, context, conditions) || conditions.isEmpty) return NEVER;
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

/** A rule without matches. */
const ALWAYS: Conditions = [NO_CONDITIONS];

const NEVER: Conditions = [];

function asksForRoute({ matches }: Rule): boolean {
  for (let i = 0; i < matches.length; i++) if (matches[i]!.kind === 'rpfilter') return true;
  return false;
}

/** As `isDoubtful`, sooner said of what most rules ask. */
function isInDoubt(match: Match, unreadSets: ReadonlySet<string>): boolean {
  switch (match.kind) {
    case 'protocol':
    case 'interface':
    case 'address':
    case 'ports':
    case 'multiport':
    case 'mark':
    case 'comment':
      return false;
    default:
      return isDoubtful(match, unreadSets);
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
  const one = ranges[0];
  if (one === undefined) return [];
  const two = ranges[1];
  if (two === undefined) return [one.first, one.last];
  if (ranges.length === 2) return unionOf([one.first, one.last], [two.first, two.last]);
  return rangesOf(ranges.map(({ first, last }) => [first, last] as const));
}
