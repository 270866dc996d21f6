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

export const ACCEPT: Target = { kind: 'accept' };
export const DROP: Target = { kind: 'drop' };
export const RETURN: Target = { kind: 'return' };
export const NOTRACK: Target = { kind: 'notrack' };

export function jumpTo(chain: string): Target {
  return { kind: 'jump', chain };
}

export function goTo(chain: string): Target {
  return { kind: 'goto', chain };
}

export function setMark(bits: number): Target {
  return { kind: 'mark', value: bits, mask: bits };
}

export function clearMark(bits: number): Target {
  return { kind: 'mark', value: 0, mask: bits };
}

export function whenMarked(bit: number): Match {
  return { kind: 'mark', value: bit, mask: bit, negated: false };
}

export function whenUnmarked(bit: number): Match {
  return { kind: 'mark', value: 0, mask: bit, negated: false };
}

export function onInterface(direction: 'in' | 'out', name: string): Match {
  return { kind: 'interface', direction, name, prefix: false, negated: false };
}

export function onPrefix(direction: 'in' | 'out', prefix: string): Match {
  return { kind: 'interface', direction, name: prefix, prefix: true, negated: false };
}

export function inState(...states: readonly ConntrackState[]): Match {
  return { kind: 'conntrack-state', states, negated: false };
}

export function notInState(...states: readonly ConntrackState[]): Match {
  return { kind: 'conntrack-state', states, negated: true };
}

export function ofProtocol(protocol: number, negated = false): Match {
  return { kind: 'protocol', protocol, negated };
}

export function withPort(side: Side, port: number): Match {
  return { kind: 'multiport', side, ranges: [{ first: port, last: port }], negated: false };
}

export function inBlock(side: Side, cidr: Cidr, negated = false): Match {
  return { kind: 'address', side, cidr, negated };
}

/** An address of the side is in a set of blocks. */
export function inSet(side: Side, set: string, negated = false): Match {
  return { kind: 'set', set, directions: [side === 'source' ? 'src' : 'dst'], negated };
}

/** Address and port of the side are in a set of addresses and ports. */
export function inPortSet(side: Side, set: string, negated = false): Match {
  const direction = side === 'source' ? 'src' : 'dst';
  return { kind: 'set', set, directions: [direction, direction], negated };
}

export function isLocal(side: Side): Match {
  return { kind: 'address-type', side, type: 'LOCAL', negated: false };
}
