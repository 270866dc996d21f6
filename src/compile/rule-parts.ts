import type { Cidr } from '../address/cidr.ts';
import type { ConntrackState } from '../ruleset/match/conntrack-state.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Side } from '../ruleset/match/side.ts';
import type { RuleMeaning } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { SourceLocation } from '../source/location.ts';

/** What most rules have in common with their neighbours. */
export interface RuleDetails {
  /** Words for people; the identifying part is added when the whole ruleset is known. */
  readonly words?: string;
  readonly origin?: SourceLocation | undefined;
  readonly meaning?: RuleMeaning | undefined;
  readonly placement?: Rule['placement'];
}

/** A rule from its parts. */
export function rule(matches: readonly Match[], target: Target, details: RuleDetails = {}): Rule {
  return {
    matches,
    target,
    comment: details.words,
    origin: details.origin,
    meaning: details.meaning,
    placement: details.placement ?? 'append',
  };
}

/** Ends the table; later tables still look at the packet. */
export const ACCEPT: Target = { kind: 'accept' };
/** Ends the packet. */
export const DROP: Target = { kind: 'drop' };
/** Goes back to the calling chain. */
export const RETURN: Target = { kind: 'return' };
/** Takes the packet off connection tracking; raw only. */
export const NOTRACK: Target = { kind: 'notrack' };

/** Comes back here when the chain ends. */
export function jumpTo(chain: string): Target {
  return { kind: 'jump', chain };
}

/** Comes back to whoever called this chain when that one ends. */
export function goTo(chain: string): Target {
  return { kind: 'goto', chain };
}

/** Sets the bits and leaves the others. */
export function setMark(bits: number): Target {
  return { kind: 'mark', value: bits, mask: bits };
}

/** Clears the bits and leaves the others. */
export function clearMark(bits: number): Target {
  return { kind: 'mark', value: 0, mask: bits };
}

/** The bit is set. */
export function whenMarked(bit: number): Match {
  return { kind: 'mark', value: bit, mask: bit, negated: false };
}

/** The bit is clear. */
export function whenUnmarked(bit: number): Match {
  return { kind: 'mark', value: 0, mask: bit, negated: false };
}

/** The packet came in or goes out by the interface of exactly this name. */
export function onInterface(direction: 'in' | 'out', name: string): Match {
  return { kind: 'interface', direction, name, prefix: false, negated: false };
}

/** The packet came in or goes out by an interface whose name starts so. */
export function onPrefix(direction: 'in' | 'out', prefix: string): Match {
  return { kind: 'interface', direction, name: prefix, prefix: true, negated: false };
}

/** The connection is in any of the states. */
export function inState(...states: readonly ConntrackState[]): Match {
  return { kind: 'conntrack-state', states, negated: false };
}

/** The connection is in none of the states. */
export function notInState(...states: readonly ConntrackState[]): Match {
  return { kind: 'conntrack-state', states, negated: true };
}

/** The packet is, or negated is not, of the protocol. */
export function ofProtocol(protocol: number, negated = false): Match {
  if (negated) return { kind: 'protocol', protocol, negated };
  PROTOCOLS[protocol] ??= { kind: 'protocol', protocol, negated };
  return PROTOCOLS[protocol];
}

/** One match for all rules of a protocol. */
const PROTOCOLS: Match[] = [];

/** The port of the side; the rule must match a protocol with ports too. */
export function withPort(side: Side, port: number): Match {
  return { kind: 'multiport', side, ranges: [{ first: port, last: port }], negated: false };
}

/** The address of the side is, or negated is not, in the block. */
export function inBlock(side: Side, cidr: Cidr, negated = false): Match {
  return { kind: 'address', side, cidr, negated };
}

/** An address of the side is in a set of blocks. */
export function inSet(side: Side, set: string, negated = false): Match {
  return { kind: 'set', set, directions: side === 'source' ? TO_SOURCE : TO_DESTINATION, negated };
}

const TO_SOURCE = ['src'] as const;
const TO_DESTINATION = ['dst'] as const;

/** Address and port of the side are in a set of addresses and ports. */
export function inPortSet(side: Side, set: string, negated = false): Match {
  const direction = side === 'source' ? 'src' : 'dst';
  return { kind: 'set', set, directions: [direction, direction], negated };
}

/** The address of the side is one of the host's own. */
export function isLocal(side: Side): Match {
  return { kind: 'address-type', side, type: 'LOCAL', negated: false };
}
