import type { ConnmarkMatch } from '../ruleset/match/connmark.ts';
import type { ConntrackMatch, ConntrackStatus } from '../ruleset/match/conntrack.ts';
import { stateBits, stateMask } from './connection-state-bits.ts';
import type { Connection } from './conntrack/connection.ts';
import { tupleOf } from './conntrack/tuple.ts';
import { asAsked, inRange, isMasked } from './header-matches.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

type SeenConnection = Pick<
  Connection,
  'original' | 'reply' | 'mark' | 'seenReply' | 'assured' | 'confirmed'
>;

/** What CT in table raw lays where the connection will be: one without anything, which counts as confirmed. Source: xt_CT.c, xt_ct_tg_check. */
function templateOf({ source }: PacketInFlight): SeenConnection {
  const nowhere = { ...source, w0: 0, w1: 0, w2: 0, w3: 0 };
  const tuple = tupleOf(source.family, 0, nowhere, nowhere, 0, 0);
  const none = { mark: 0, seenReply: false, assured: false, confirmed: true };
  return { original: tuple, reply: tuple, ...none };
}

function seenConnection(packet: PacketInFlight): SeenConnection | undefined {
  if (packet.connection !== undefined || packet.state !== undefined) return packet.connection;
  return packet.hasTemplate ? templateOf(packet) : undefined;
}

/** `-m connmark`: what has no connection does not match, negated or not. Source: xt_connmark.c, connmark_mt. */
export function matchesConnmark(match: ConnmarkMatch, packet: PacketInFlight): boolean {
  const connection = seenConnection(packet);
  if (connection === undefined) return false;
  return ((connection.mark & match.mask) >>> 0 === match.value >>> 0) !== match.negated;
}

/**
 * `-m conntrack` with more than a state; undefined where it depends on when the entry expires.
 *
 * What has no connection fails everything but the state, and where that is asked for and holds, nothing else is looked at. Ports are those of the tuples: for ICMP the
 * identifier, and type and code. Source: xt_conntrack.c, conntrack_mt (Linux 6.18).
 */
export function matchesConntrack(
  match: ConntrackMatch,
  packet: PacketInFlight,
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
  return match.expires === undefined ? true : undefined;
}

/** NONE stands for no bit at all, so that it is never found. Expected connections are the work of helpers, which are not modelled. */
function hasStatus(connection: SeenConnection, status: ConntrackStatus): boolean {
  switch (status) {
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
