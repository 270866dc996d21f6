import type { Packet } from '../../packet/packet.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { icmpKind } from './icmp-types.ts';
import type { ConntrackSettings } from './timeouts.ts';
import type { TrackingVerdict } from './tracking-verdict.ts';

/**
 * Takes an ICMP or ICMPv6 query or answer into its flow; only a query opens one.
 *
 * Source: nf_conntrack_proto_icmp.c, nf_conntrack_icmp_packet, and its ICMPv6 twin (Linux 6.18). HOT
 */
export function trackIcmp(
  entry: ConnectionEntry,
  packet: Packet,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  if (!entry.confirmed && icmpKind(packet.family, packet.icmpType) !== 'query') return 'invalid';
  entry.refresh(packet.family === 4 ? settings.icmpMs : settings.icmpv6Ms, nowMs);
  return 'accept';
}
