import type { ConnmarkMatch } from '../ruleset/match/connmark.ts';
import type { ConntrackMatch, ConntrackStatus } from '../ruleset/match/conntrack.ts';
import { stateBits, stateMask } from './connection-state-bits.ts';
import type { Connection } from './conntrack/connection.ts';
import { NEVER_MS } from './conntrack/connection-entry.ts';
import { tupleOf } from './conntrack/tuple.ts';
import { asAsked, inRange, isMasked } from './header-matches.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

type SeenConnection = Pick<
  Connection,
  | 'original'
  | 'reply'
  | 'mark'
  | 'expected'
  | 'seenReply'
  | 'assured'
  | 'confirmed'
  | 'expiresAtMs'
  | 'spareMs'
>;

/** What CT in table raw lays where the connection will be: one without anything, which counts as confirmed. Source: xt_CT.c, xt_ct_tg_check. */
function templateOf({ source }: PacketInFlight): SeenConnection {
  const nowhere = { ...source, w0: 0, w1: 0, w2: 0, w3: 0 };
  const tuple = tupleOf(source.family, 0, nowhere, nowhere, 0, 0);
  const none = { mark: 0, expected: false, seenReply: false, assured: false, confirmed: true };
  return { original: tuple, reply: tuple, ...none, expiresAtMs: NEVER_MS, spareMs: 0 };
}

function seenConnection(packet: PacketInFlight): SeenConnection | undefined {
  if (packet.connection !== undefined || packet.state !== undefined) return packet.connection;
  return packet.template !== undefined ? templateOf(packet) : undefined;
}

/** `-m connmark`: what has no connection does not match, negated or not. Source: xt_connmark.c, connmark_mt. */
export function matchesConnmark(match: ConnmarkMatch, packet: PacketInFlight): boolean {
  const connection = seenConnection(packet);
  if (connection === undefined) return false;
  return ((connection.mark & match.mask) >>> 0 === match.value >>> 0) !== match.negated;
}

/**
 * `-m conntrack` with more than a state; undefined where nobody can tell how long the entry will live.
 *
 * What has no connection fails everything but the state, and where that is asked for and holds, nothing else is looked at. Ports are those of the tuples: for ICMP the
 * identifier, and type and code. Source: xt_conntrack.c, conntrack_mt (Linux 6.18).
 */
export function matchesConntrack(
  match: ConntrackMatch,
  packet: PacketInFlight,
  nowMs: number,
): boolean | undefined {
  const state = asAsked(match.states, (states) => (stateBits(packet) & stateMask(states)) !== 0);
  if (!state) return false;
  const connection = seenConnection(packet);
  if (connection === undefined) return match.states !== undefined;
  const { original, reply } = connection;
  const holds =
    (match.direction === undefined || (match.direction === 'REPLY') === packet.isReply) &&
    asAsked(match.originalSource, (block) => isMasked(original.source, block)) &&
    asAsked(match.originalDestination, (block) => isMasked(original.destination, block)) &&
    asAsked(match.replySource, (block) => isMasked(reply.source, block)) &&
    asAsked(match.replyDestination, (block) => isMasked(reply.destination, block)) &&
    asAsked(match.protocol, (protocol) => original.protocol === protocol) &&
    asAsked(match.originalSourcePorts, (ports) => inRange(original.sourceKey, ports)) &&
    asAsked(match.originalDestinationPorts, (ports) => inRange(original.destinationKey, ports)) &&
    asAsked(match.replySourcePorts, (ports) => inRange(reply.sourceKey, ports)) &&
    asAsked(match.replyDestinationPorts, (ports) => inRange(reply.destinationKey, ports)) &&
    asAsked(match.statuses, (statuses) => statuses.some((status) => hasStatus(connection, status)));
  if (!holds) return false;
  return match.expires === undefined ? true : expiresWithin(match.expires, connection, nowMs);
}

/** The kernel's clock may tick between the packet's refresh of the entry and the rule. */
const TICK_MS = 10;

/**
 * Whether the entry expires within so many seconds, rounded down; undefined where some of the times that may be left are among them, and others not. An entry
 * that is not in the table yet has no end that can be known: the kernel takes the time since boot off how long it will live.
 *
 * Source: nf_conntrack.h, nf_ct_expires (Linux 6.18).
 */
function expiresWithin(
  { value: { first, last }, negated }: NonNullable<ConntrackMatch['expires']>,
  { confirmed, expiresAtMs, spareMs }: SeenConnection,
  nowMs: number,
): boolean | undefined {
  if (first === 0 && last === 0xffffffff) return !negated;
  if (!confirmed || expiresAtMs === NEVER_MS) return undefined;
  const seconds = (leftMs: number): number => Math.max(0, Math.floor(leftMs / 1000));
  const least = seconds(expiresAtMs - nowMs - TICK_MS);
  const most = seconds(expiresAtMs - nowMs + spareMs);
  if (least >= first && most <= last) return !negated;
  return most < first || least > last ? negated : undefined;
}

/** NONE stands for no bit at all, so that it is never found. */
function hasStatus(connection: SeenConnection, status: ConntrackStatus): boolean {
  switch (status) {
    case 'EXPECTED':
      return connection.expected;
    case 'SEEN_REPLY':
      return connection.seenReply;
    case 'ASSURED':
      return connection.assured;
    case 'CONFIRMED':
      return connection.confirmed;
    default:
      return false;
  }
}
