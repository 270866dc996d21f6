import type { PortRange } from '../address/port-range.ts';
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

/** What the rows hold a packet against; set by `RuleRows.begin`. */
export interface PacketNumbers {
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly destinationPort: number;
  readonly inInterface: number;
  readonly outInterface: number;
}

const STRIDE = 20;
const MARK_MASK = 0;
const MARK_VALUE = 1;
/** The protocol's number, -1: any. */
const PROTOCOL = 2;
/** Destination port; of several ranges the lowest and the highest. */
const PORT_FIRST = 3;
const PORT_LAST = 4;
/** IPv4 only; IPv6 blocks are left to the matches themselves. */
const DESTINATION_MASK = 5;
const DESTINATION = 6;
const SOURCE_MASK = 7;
const SOURCE = 8;
/** Bits of which the packet must have one; all ones: any. */
const STATES = 9;
/** Interface number, 0: any. */
const IN_INTERFACE = 10;
const OUT_INTERFACE = 11;
/** Where the rule's pairs of first and last port begin and end; equal: the two words above say all. */
const RANGES = 12;
const RANGES_END = 13;
/** 1 where more must be asked: sets, the rule's `rest`, or chance. */
const MORE = 14;
/** Number of a set that must hold the address; 0: none, below 0: must not hold. */
const SOURCE_SET = 15;
const DESTINATION_SET = 16;
const OPERATION = 17;
/** The chain of a jump; the value and mask of MARK. */
const OPERAND = 18;
const OPERAND2 = 19;

/**
 * The criteria of rules as rows of 32-bit words, by the rule's number, so that a rule that does not match costs a few loads.
 *
 * Measured on the 2,289 rules of 100 policies: 3.5 ns a rule, against 5.5 with an array for each criterion and 20 where the
 * offsets are imported from another module.
 */
export class RuleRows {
  readonly #words: Int32Array;
  /** Pairs of first and last port. */
  readonly #ranges: number[] = [];
  #protocol = 0;
  #source = 0;
  #destination = 0;
  #port = 0;
  #in = 0;
  #out = 0;

  constructor(length: number) {
    const words = new Int32Array(length * STRIDE);
    for (let row = 0; row < words.length; row += STRIDE) {
      words[row + PROTOCOL] = -1;
      words[row + PORT_LAST] = 65535;
      words[row + STATES] = -1;
    }
    this.#words = words;
  }

  /** Writes one criterion of the rule with this number; only what `columnOf` has a place for. */
  setMatch(rule: number, match: Match, membership: SetMembership, names: RuleNames): void {
    const words = this.#words;
    const row = rule * STRIDE;
    switch (match.kind) {
      case 'protocol':
        words[row + PROTOCOL] = match.protocol;
        return;
      case 'mark':
        words[row + MARK_MASK] = match.mask;
        words[row + MARK_VALUE] = match.value;
        return;
      case 'address': {
        const isSource = match.side === 'source';
        words[row + (isSource ? SOURCE_MASK : DESTINATION_MASK)] = match.cidr.m3;
        words[row + (isSource ? SOURCE : DESTINATION)] = match.cidr.network.w3;
        return;
      }
      case 'ports':
        this.#setPorts(row, [match.range]);
        return;
      case 'multiport':
        this.#setPorts(row, match.ranges);
        return;
      case 'set': {
        const number = membership.numbers.get(match.set) ?? 0;
        const word = match.directions[0] === 'src' ? SOURCE_SET : DESTINATION_SET;
        words[row + word] = match.negated ? -number : number;
        words[row + MORE] = 1;
        return;
      }
      case 'interface':
        words[row + (match.direction === 'in' ? IN_INTERFACE : OUT_INTERFACE)] = names.interface(
          match.name,
        );
        return;
      case 'conntrack-state':
        words[row + STATES] = stateMask(match.states);
        return;
      default:
        throw new Error(`no word holds ${match.kind}`);
    }
  }

  #setPorts(row: number, ranges: readonly PortRange[]): void {
    const words = this.#words;
    words[row + PORT_FIRST] = Math.min(...ranges.map((range) => range.first));
    words[row + PORT_LAST] = Math.max(...ranges.map((range) => range.last));
    if (ranges.length === 1) return;
    words[row + RANGES] = this.#ranges.length;
    for (const { first, last } of ranges) this.#ranges.push(first, last);
    words[row + RANGES_END] = this.#ranges.length;
  }

  /** Has `next` stop at the rule for what the words cannot hold. */
  setMore(rule: number): void {
    this.#words[rule * STRIDE + MORE] = 1;
  }

  setTarget(rule: number, target: Target | undefined, names: RuleNames): void {
    if (target === undefined || target.kind === 'log') return;
    const words = this.#words;
    const row = rule * STRIDE;
    switch (target.kind) {
      case 'jump':
      case 'goto':
        words[row + OPERAND] = names.chain(target.chain);
        words[row + OPERATION] = DO[target.kind];
        return;
      case 'mark':
        words[row + OPERAND] = target.value;
        words[row + OPERAND2] = target.mask;
        words[row + OPERATION] = DO.mark;
        return;
      case 'dnat':
      case 'snat':
      case 'masquerade':
        words[row + OPERATION] = DO.translate;
        return;
      default:
        words[row + OPERATION] = DO[target.kind];
    }
  }

  /** Takes the packet that `next` is asked about from now on. */
  begin(packet: PacketNumbers): void {
    this.#protocol = packet.protocol;
    this.#source = packet.source | 0;
    this.#destination = packet.destination | 0;
    this.#port = packet.destinationPort;
    this.#in = packet.inInterface;
    this.#out = packet.outInterface;
  }

  /** The first rule from `from` whose words match, or `end`. Where `asksMore` the words have not said all. HOT */
  next(from: number, end: number, mark: number, states: number): number {
    const words = this.#words;
    const protocol = this.#protocol;
    const source = this.#source;
    const destination = this.#destination;
    const port = this.#port;
    const inInterface = this.#in;
    const outInterface = this.#out;
    for (let rule = from; rule < end; rule++) {
      const row = rule * STRIDE;
      if (
        (mark & words[row + MARK_MASK]!) === words[row + MARK_VALUE]! &&
        (words[row + PROTOCOL]! === protocol || words[row + PROTOCOL]! === -1) &&
        port >= words[row + PORT_FIRST]! &&
        port <= words[row + PORT_LAST]! &&
        (destination & words[row + DESTINATION_MASK]!) === words[row + DESTINATION]! &&
        (source & words[row + SOURCE_MASK]!) === words[row + SOURCE]! &&
        (states & words[row + STATES]!) !== 0 &&
        (words[row + IN_INTERFACE]! === 0 || words[row + IN_INTERFACE]! === inInterface) &&
        (words[row + OUT_INTERFACE]! === 0 || words[row + OUT_INTERFACE]! === outInterface) &&
        (words[row + RANGES]! === words[row + RANGES_END]! || this.#inRanges(row))
      ) {
        return rule;
      }
    }
    return end;
  }

  #inRanges(row: number): boolean {
    const ranges = this.#ranges;
    const port = this.#port;
    const end = this.#words[row + RANGES_END]!;
    for (let i = this.#words[row + RANGES]!; i < end; i += 2) {
      if (port >= ranges[i]! && port <= ranges[i + 1]!) return true;
    }
    return false;
  }

  asksMore(rule: number): boolean {
    return this.#words[rule * STRIDE + MORE] === 1;
  }

  sourceSet(rule: number): number {
    return this.#words[rule * STRIDE + SOURCE_SET]!;
  }

  destinationSet(rule: number): number {
    return this.#words[rule * STRIDE + DESTINATION_SET]!;
  }

  operation(rule: number): number {
    return this.#words[rule * STRIDE + OPERATION]!;
  }

  operand(rule: number): number {
    return this.#words[rule * STRIDE + OPERAND]!;
  }

  operand2(rule: number): number {
    return this.#words[rule * STRIDE + OPERAND2]!;
  }
}

/** The matches of a rule that the rows do not hold, in the rule's order; unknowable ones are not among them. */
export function restOf(rule: Rule, membership: SetMembership): readonly Match[] {
  const ported = rule.matches.some(
    (match) => match.kind === 'protocol' && !match.negated && hasPorts(match.protocol),
  );
  const taken = new Set<string>();
  return rule.matches.filter((match) => {
    if (isUnknowable(match)) return false;
    const column = columnOf(match, ported, membership);
    // A second criterion of a kind finds its place taken.
    if (column === undefined || taken.has(column)) return true;
    taken.add(column);
    return false;
  });
}

/** Names the words that hold all of a match; undefined where none can. `ported`: the rule's protocol has ports. */
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
      return match.side === 'source' || !ported ? undefined : 'ports';
    case 'interface':
      return match.prefix ? undefined : match.direction;
    case 'mark':
    case 'conntrack-state':
      return match.kind;
    default:
      return undefined;
  }
}
