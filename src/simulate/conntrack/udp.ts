import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import type { ConntrackSettings } from './timeouts.ts';

/** An answered UDP flow counts as a stream from this long after its first packet. */
const STREAM_AFTER_MS = 2000;

/**
 * Takes a UDP or UDP-Lite packet into its flow.
 *
 * Source: nf_conntrack_proto_udp.c, nf_conntrack_udp_packet and nf_conntrack_udplite_packet (Linux 6.6). HOT
 */
export function trackUdp(entry: ConnectionEntry, nowMs: number, settings: ConntrackSettings): void {
  if (!entry.confirmed) entry.streamFromMs = nowMs + STREAM_AFTER_MS;
  const isLite = entry.original.protocol === IP_PROTOCOL.udplite;
  if (entry.seenReply && (isLite || nowMs > entry.streamFromMs)) {
    entry.assured = true;
    entry.refresh(settings.udpStreamMs, nowMs);
  } else entry.refresh(settings.udpMs, nowMs);
}
