import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import type { Match } from '../ruleset/match/match.ts';
import { assertNever } from '../source/never.ts';
import { matchesWithoutHeader } from './absent-headers.ts';
import type { Assumptions } from './assumptions.ts';
import type { ChangedSets } from './changed-sets.ts';
import { matchesConnmark, matchesConntrack } from './connection-matches.ts';
import { stateBits, stateMask } from './connection-state-bits.ts';
import {
  asAsked,
  inRange,
  lengthOf,
  matchesEitherPort,
  matchesHopLimit,
  matchesIprange,
  matchesMaskedAddress,
  matchesTcpFlags,
} from './header-matches.ts';
import { matchesMac, matchesOwner, matchesPhysdev, matchesPkttype } from './link-matches.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';
import { type SetLookup, testSet } from './set-lookup.ts';
import { matchesTime } from './time-match.ts';

/** What matches ask beside the packet. */
export interface MatchContext {
  readonly router: Router;
  readonly sets: ReadonlyMap<string, SetLookup>;
  readonly changedSets: ChangedSets;
  readonly assumptions: Assumptions;
  /** Simulated time. */
  readonly clock: { readonly nowMs: number };
}

/** Whether the packet satisfies the match. What cannot be known is satisfied here; who walks the chains decides about it. */
export function matches(match: Match, packet: PacketInFlight, context: MatchContext): boolean {
  return matchesIfKnown(match, packet, context) !== false;
}

/** Whether the packet satisfies the match, as far as packet and host tell; undefined where they do not. HOT */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one case for each kind, none of which goes deep
export function matchesIfKnown(
  match: Match,
  packet: PacketInFlight,
  context: MatchContext,
): boolean | undefined {
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
      return inSet(match, packet, context);
    case 'icmp':
      return icmp(match, packet);
    case 'icmp-any':
      // An inverted match of every type is met by none.
      return packet.protocol === IP_PROTOCOL.icmp && !match.negated;
    case 'address-type': {
      const address = match.side === 'source' ? packet.source : packet.destination;
      return context.router.isLocalAddress(address) !== match.negated;
    }
    case 'address-types':
      return context.router.matchesAddressTypes(match, packet);
    case 'rpfilter':
      return context.router.passesRpfilter(packet, match) !== match.negated;
    case 'masked-address':
      return matchesMaskedAddress(match, packet);
    case 'iprange':
      return matchesIprange(match, packet);
    case 'multiport-either':
      return matchesEitherPort(match, packet);
    case 'tcp-flags':
      return matchesTcpFlags(match, packet);
    case 'hop-limit':
      return matchesHopLimit(match, packet);
    case 'dscp':
      return (packet.tos >>> 2 === match.value) !== match.negated;
    case 'tos':
      return asAsked(match.tos, ({ value, mask }) => (packet.tos & mask) === value);
    case 'length':
      return asAsked(match.lengths, (range) => inRange(lengthOf(packet), range));
    case 'fragment':
      // Connection tracking puts datagrams together, and every packet here is a whole one.
      return match.negated;
    case 'transport-header':
    case 'comment':
      return true;
    case 'conntrack':
      return matchesConntrack(match, packet, context.clock.nowMs);
    case 'connmark':
      return matchesConnmark(match, packet);
    case 'mac':
      return matchesMac(match, packet);
    case 'owner':
      return matchesOwner(match, packet);
    case 'pkttype':
      return matchesPkttype(match, packet, context.router);
    case 'physdev':
      return matchesPhysdev(match, packet, context.router);
    case 'time':
      return timed(match, context);
    case 'tcp-option':
    case 'tcpmss':
      return packet.protocol === IP_PROTOCOL.tcp ? undefined : false;
    case 'socket':
      return hasSocketLookup(packet) ? undefined : false;
    case 'statistic':
      if (match.probability > 0 && match.probability < 1) return undefined;
      return match.probability > 0 !== (match.negated === true);
    case 'statistic-nth':
      return match.every === 1 ? !match.negated : undefined;
    case 'recent':
      return match.mode === 'set' ? match.negated !== true : undefined;
    case 'limit':
    case 'hashlimit':
    case 'connlimit':
    case 'nfacct':
    case 'string':
    case 'u32':
    case 'policy':
      return undefined;
    case 'unknown-match':
      return matchesWithoutHeader(match, packet);
    default:
      return assertNever(match);
  }
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
  { sets, changedSets, clock }: MatchContext,
): boolean | undefined {
  const { set: name, extras } = match;
  const set = sets.get(name);
  if (set === undefined || changedSets.has(name)) return undefined;
  const answer = testSet(set, packet, match.directions, clock.nowMs / 1000);
  if (answer === 'unknown') return undefined;
  const wanted = extras?.returnNomatch === true ? 'nomatch' : 'in';
  // Counters of elements change with every packet.
  if (answer === wanted && (extras?.packets !== undefined || extras?.bytes !== undefined)) {
    return undefined;
  }
  return (answer === wanted) !== match.negated;
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

function timed(
  match: Extract<Match, { kind: 'time' }>,
  { assumptions, clock }: MatchContext,
): boolean | undefined {
  const { time } = assumptions;
  if (time === undefined) return undefined;
  return matchesTime(match, { ...time, seconds: time.seconds + clock.nowMs / 1000 });
}

/** Sockets are looked for by TCP and UDP, and by what an ICMP error quotes. Source: nf_socket_ipv4.c, nf_sk_lookup_slow_v4. */
function hasSocketLookup({ protocol }: PacketInFlight): boolean {
  return (
    protocol === IP_PROTOCOL.tcp ||
    protocol === IP_PROTOCOL.udp ||
    protocol === IP_PROTOCOL.icmp ||
    protocol === IP_PROTOCOL.icmpv6
  );
}
