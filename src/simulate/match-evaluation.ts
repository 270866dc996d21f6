import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import type { ConntrackState } from '../ruleset/match/conntrack-state.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { SetLookup } from './address-lookup.ts';
import { isDoubtful } from './doubt.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';

/** What matches ask beside the packet. */
export interface MatchContext {
  readonly router: Router;
  readonly sets: ReadonlyMap<string, SetLookup>;
  /** Names of sets whose members cannot be looked up. */
  readonly unreadSets: ReadonlySet<string>;
}

/** The bit of each state that `--ctstate` can name. */
export const STATE_BIT: Readonly<Record<ConntrackState, number>> = {
  INVALID: 1,
  NEW: 2,
  RELATED: 4,
  ESTABLISHED: 8,
  UNTRACKED: 16,
  SNAT: 32,
  DNAT: 64,
};

/**
 * The states that `--ctstate` sees, as bits. Before connection tracking (table raw) there is no entry, which reads as INVALID.
 * Source: xt_conntrack.c, conntrack_mt; netfilter-facts 2.1, 3.6, 4.2.
 */
export function stateBits(packet: PacketInFlight): number {
  if (packet.state === undefined) {
    return packet.noTrack ? STATE_BIT.UNTRACKED : STATE_BIT.INVALID;
  }
  let bits = PLAIN_STATE_BIT[packet.state];
  const connection = packet.connection;
  if (connection !== undefined) {
    if (connection.sourceNat) bits |= STATE_BIT.SNAT;
    if (connection.destinationNat) bits |= STATE_BIT.DNAT;
  }
  return bits;
}

const PLAIN_STATE_BIT = {
  new: STATE_BIT.NEW,
  established: STATE_BIT.ESTABLISHED,
  related: STATE_BIT.RELATED,
  invalid: STATE_BIT.INVALID,
  untracked: STATE_BIT.UNTRACKED,
} as const;

/** Whether the packet satisfies the match, as far as packet and host tell; undefined where they do not. */
export function matchesIfKnown(
  match: Match,
  packet: PacketInFlight,
  context: MatchContext,
): boolean | undefined {
  return isDoubtful(match, context.unreadSets) ? undefined : matches(match, packet, context);
}

/** Whether the packet satisfies the match. What cannot be known is satisfied here; who walks the chains decides about it. */
export function matches(match: Match, packet: PacketInFlight, context: MatchContext): boolean {
  switch (match.kind) {
    case 'protocol':
      // Protocol 0 is every protocol; it cannot be matched alone.
      return (match.protocol === 0 || match.protocol === packet.protocol) !== match.negated;
    case 'address': {
      const address = match.side === 'source' ? packet.source : packet.destination;
      return contains(match, address) !== match.negated;
    }
    case 'interface': {
      const name = match.direction === 'in' ? packet.inInterface : packet.outInterface;
      const found = match.prefix ? name.startsWith(match.name) : name === match.name;
      return found !== match.negated;
    }
    case 'ports': {
      if (!hasPorts(packet.protocol)) return false;
      const port = match.side === 'source' ? packet.sourcePort : packet.destinationPort;
      return (port >= match.range.first && port <= match.range.last) !== match.negated;
    }
    case 'multiport':
      return multiport(match, packet);
    case 'conntrack-state':
      return ((stateBits(packet) & stateMask(match.states)) !== 0) !== match.negated;
    case 'mark':
      // The value is not masked: a value with bits outside the mask never matches.
      return ((packet.mark & match.mask) >>> 0 === match.value >>> 0) !== match.negated;
    case 'set':
      return inSet(match, packet, context) !== match.negated;
    case 'icmp':
      return icmp(match, packet);
    case 'address-type': {
      const address = match.side === 'source' ? packet.source : packet.destination;
      return context.router.isLocalAddress(address) !== match.negated;
    }
    case 'rpfilter':
      return (
        context.router.passesRpfilter(packet, { validMark: match.validMark }) !== match.negated
      );
    case 'statistic':
      return match.probability > 0 !== (match.negated === true);
    case 'recent':
      // Followed both ways: the first way is the one on which it matches.
      return match.mode !== 'set' || match.negated !== true;
    default:
      return true;
  }
}

/** The states of a `--ctstate` list as bits. */
export function stateMask(states: readonly ConntrackState[]): number {
  let mask = 0;
  for (let i = 0; i < states.length; i++) mask |= STATE_BIT[states[i]!];
  return mask;
}

function contains(
  match: Extract<Match, { kind: 'address' }>,
  address: PacketInFlight['source'],
): boolean {
  const { network, m0, m1, m2, m3 } = match.cidr;
  return (
    (address.w3 & m3) >>> 0 === network.w3 &&
    (address.w2 & m2) >>> 0 === network.w2 &&
    (address.w1 & m1) >>> 0 === network.w1 &&
    (address.w0 & m0) >>> 0 === network.w0
  );
}

function multiport(match: Extract<Match, { kind: 'multiport' }>, packet: PacketInFlight): boolean {
  if (!hasPorts(packet.protocol)) return false;
  const port = match.side === 'source' ? packet.sourcePort : packet.destinationPort;
  const ranges = match.ranges;
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i]!;
    if (port >= range.first && port <= range.last) return !match.negated;
  }
  return match.negated;
}

function inSet(
  match: Extract<Match, { kind: 'set' }>,
  packet: PacketInFlight,
  context: MatchContext,
): boolean {
  const set = context.sets.get(match.set);
  // A direction list shorter than the set's dimensions finds nothing; what is too much is ignored.
  if (set === undefined || match.directions.length < set.dimensions) return false;
  return set.contains(packet, match.directions[0] === 'src', match.directions[1] === 'src');
}

function icmp(match: Extract<Match, { kind: 'icmp' }>, packet: PacketInFlight): boolean {
  const isIpv4 = packet.family === 4;
  if (packet.protocol !== (isIpv4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6)) return false;
  // Type 255 is any type in IPv4 only.
  const found =
    (isIpv4 && match.type === 255) ||
    (packet.packet.icmpType === match.type &&
      (match.code === undefined || packet.packet.icmpCode === match.code));
  return found !== match.negated;
}
