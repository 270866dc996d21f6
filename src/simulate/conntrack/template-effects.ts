import type { ConnectionZone } from '../../host/connections/connection-record.ts';
import type { ConnectionTemplate } from '../connection-template.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { Tuple } from './connection.ts';
import { type ConnectionEntry, NEVER_MS } from './connection-entry.ts';
import { destinationKeyOf, quotedTuple, sourceKeyOf } from './flow-keys.ts';
import { invertTuple, tupleOf } from './tuple.ts';

/** Gives a new connection what CT has said of it. */
export function beginAs(
  entry: ConnectionEntry,
  zone: ConnectionZone,
  template: ConnectionTemplate | undefined,
): void {
  entry.zone = zone;
  if (template === undefined) return;
  const { target, rule } = template;
  if (target.helper !== undefined) entry.helper = { name: target.helper, rule };
  if (target.timeoutPolicy === undefined) return;
  entry.timeoutPolicy = target.timeoutPolicy;
  entry.timeoutRule = rule;
}

/** How long a connection lives whose policy nobody knows: it is there until somebody asks. HOT */
export function leaveToPolicy(entry: ConnectionEntry, nowMs: number): void {
  if (entry.timeoutRule === undefined) return;
  entry.lastPacketMs = nowMs;
  entry.expiresAtMs = NEVER_MS;
}

/** Makes of a new connection one that the helper of another expected. Source: nf_conntrack_core.c, init_conntrack (Linux 6.18). */
export function becomeExpected(entry: ConnectionEntry, master: ConnectionEntry): void {
  entry.expected = true;
  entry.mark = master.mark;
}

/** The flow that a packet belongs to, or an error complains about. */
export function flowOf(packet: PacketInFlight): Tuple | undefined {
  const { quoted } = packet.packet;
  if (quoted !== undefined) {
    const sent = quotedTuple(quoted);
    return sent && invertTuple(sent);
  }
  return tupleOf(
    packet.family,
    packet.protocol,
    packet.source,
    packet.destination,
    sourceKeyOf(packet),
    destinationKeyOf(packet),
  );
}
