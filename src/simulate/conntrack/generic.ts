import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import type { ConntrackSettings } from './timeouts.ts';

/**
 * Takes a packet of a protocol without ports: addresses and protocol alone make the flow (GRE without a key, as version 0).
 *
 * Source: nf_conntrack_proto_generic.c, nf_conntrack_proto_gre.c (Linux 6.18).
 */
export function trackGeneric(
  entry: ConnectionEntry,
  nowMs: number,
  settings: ConntrackSettings,
): void {
  if (entry.original.protocol !== IP_PROTOCOL.gre) {
    entry.refresh(settings.genericMs, nowMs);
    return;
  }
  if (entry.seenReply) entry.assured = true;
  entry.refresh(entry.seenReply ? settings.greStreamMs : settings.greMs, nowMs);
}
