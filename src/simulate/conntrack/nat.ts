import { sameIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { Tuple } from './connection.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { isPortTracked } from './flow-keys.ts';
import { isTrackedIcmp } from './icmp-types.ts';
import type { NatOutcome, NatPlace } from './nat-place.ts';
import { invertTuple, sameTuple, tupleOf } from './tuple.ts';

/**
 * Binds the destination of an unconfirmed connection: its replies will come from `place`. Without a port the port stays, taken
 * or not; the source's binding makes way later.
 *
 * Source: nf_nat_core.c, nf_nat_setup_info and get_unique_tuple for NF_NAT_MANIP_DST (Linux 6.18).
 */
export function bindEntryDestination(
  entry: ConnectionEntry,
  place: NatPlace | undefined,
): NatOutcome {
  entry.destinationNatDone = true;
  if (place === undefined) return { kind: 'bound', changed: false };
  const present = invertTuple(entry.reply);
  const bound = tupleOf(
    present.family,
    present.protocol,
    present.source,
    place.address,
    present.sourceKey,
    place.port !== undefined && isPortTracked(present.protocol)
      ? place.port
      : present.destinationKey,
  );
  if (sameTuple(bound, present)) return { kind: 'bound', changed: false };
  entry.reply = invertTuple(bound);
  entry.destinationNat = true;
  return { kind: 'bound', changed: true };
}

/**
 * Binds the source of an unconfirmed connection: its replies will go to `place`. `isTaken` says whether replies with a tuple
 * belong to another connection already; then the kernel picks another port or identifier, which nobody can foretell. A port
 * that `place` names is used whether taken or not, and so is a tuple of a protocol without ports: `confirm` finds the clash.
 *
 * Source: nf_nat_core.c, get_unique_tuple and nf_nat_l4proto_unique_tuple (Linux 6.18).
 */
export function bindEntrySource(
  entry: ConnectionEntry,
  place: NatPlace | undefined,
  isTaken: (reply: Tuple) => boolean,
): NatOutcome {
  const present = invertTuple(entry.reply);
  const takesPort = isPortTracked(present.protocol);
  const takesKey = takesPort || isTrackedIcmp(present.family, present.protocol);
  const givenPort = takesPort ? place?.port : undefined;
  const bound = tupleOf(
    present.family,
    present.protocol,
    place?.address ?? present.source,
    present.destination,
    givenPort ?? present.sourceKey,
    present.destinationKey,
  );
  const reply = invertTuple(bound);
  if (givenPort === undefined && takesKey && isTaken(reply)) {
    return { kind: 'unpredictable', reason: takenReason(present) };
  }
  entry.sourceNatDone = true;
  if (sameTuple(bound, present)) return { kind: 'bound', changed: false };
  entry.reply = reply;
  entry.sourceNat = true;
  return { kind: 'bound', changed: true };
}

function takenReason(tuple: Tuple): string {
  return isPortTracked(tuple.protocol)
    ? `source port ${tuple.sourceKey} is in use by another connection; the kernel picks another at random`
    : `ICMP identifier ${tuple.sourceKey} is in use by another connection; the kernel picks another at random`;
}

/**
 * Rewrites the destination of a packet as its connection is bound: of the original direction to the translated destination,
 * of a reply back to the original source. Of an ICMP error only the address. True when something changed.
 *
 * Source: nf_nat_core.c, nf_nat_packet; nf_nat_proto.c, nf_nat_icmp_reply_translation (Linux 6.18). HOT
 */
export function rewriteDestination(packet: PacketInFlight, entry: ConnectionEntry): boolean {
  if (!(packet.isReply ? entry.sourceNat : entry.destinationNat)) return false;
  const other = packet.isReply ? entry.original : entry.reply;
  const address = other.source;
  let changed = !sameIpAddress(packet.destination, address);
  packet.destination = address;
  if (packet.state === 'related') return changed;
  if (isPortTracked(packet.protocol)) {
    if (packet.destinationPort !== other.sourceKey) changed = true;
    packet.destinationPort = other.sourceKey;
  } else if (rewriteIcmpId(packet, other)) changed = true;
  return changed;
}

/** Rewrites the source: of the original direction to the translated source, of a reply back to the original destination. HOT */
export function rewriteSource(packet: PacketInFlight, entry: ConnectionEntry): boolean {
  if (!(packet.isReply ? entry.destinationNat : entry.sourceNat)) return false;
  const other = packet.isReply ? entry.original : entry.reply;
  const address = other.destination;
  let changed = !sameIpAddress(packet.source, address);
  packet.source = address;
  if (packet.state === 'related') return changed;
  if (isPortTracked(packet.protocol)) {
    if (packet.sourcePort !== other.destinationKey) changed = true;
    packet.sourcePort = other.destinationKey;
  } else if (rewriteIcmpId(packet, other)) changed = true;
  return changed;
}

/** The identifier of ICMP queries goes along with either side. */
function rewriteIcmpId(packet: PacketInFlight, other: Tuple): boolean {
  if (packet.protocol !== IP_PROTOCOL.icmp && packet.protocol !== IP_PROTOCOL.icmpv6) return false;
  const changed = packet.icmpId !== other.sourceKey;
  packet.icmpId = other.sourceKey;
  return changed;
}
