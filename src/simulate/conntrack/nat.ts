import { type IpAddress, sameIpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { destinationPortOf, sourcePortOf } from './choose-port.ts';
import type { Tuple } from './connection.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { isPortTracked } from './flow-keys.ts';
import { icmpKind, isTrackedIcmp } from './icmp-types.ts';
import type { NatOutcome, NatPlace } from './nat-place.ts';
import { invertTuple, sameTuple, tupleOf } from './tuple.ts';

/**
 * Binds the destination of an unconfirmed connection: its replies will come from `place`. Without a port the port stays, taken
 * or not; the source's binding makes way later. An identifier of ICMP is no side's own: it makes way here already.
 *
 * Source: nf_nat_core.c, nf_nat_setup_info and get_unique_tuple for NF_NAT_MANIP_DST (Linux 6.18).
 */
export function bindEntryDestination(
  entry: ConnectionEntry,
  place: NatPlace | undefined,
  choice: SourceChoice,
): NatOutcome {
  entry.destinationNatDone = true;
  const isIcmp = isTrackedIcmp(entry.reply.family, entry.reply.protocol);
  if (place === undefined) {
    return isIcmp && choice.isTaken(entry.reply) ? unpredictable(entry) : UNCHANGED;
  }
  const present = invertTuple(entry.reply);
  const to = (port: number): Tuple => withDestination(present, place.address, port);
  const bound = to(
    isPortTracked(present.protocol)
      ? wantedPort(place, present.destinationKey, (port) => !choice.isTaken(invertTuple(to(port))))
      : present.destinationKey,
  );
  if (isIcmp && choice.isTaken(invertTuple(bound))) return unpredictable(entry);
  if (sameTuple(bound, present)) return UNCHANGED;
  entry.reply = invertTuple(bound);
  entry.destinationNat = true;
  return { kind: 'bound', changed: true };
}

function wantedPort(
  { port, ports, shiftedFrom }: NatPlace,
  present: number,
  isFree: (port: number) => boolean,
): number {
  if (port !== undefined) return port;
  return ports === undefined ? present : destinationPortOf(present, ports, shiftedFrom, isFree);
}

function withDestination(tuple: Tuple, destination: IpAddress, destinationKey: number): Tuple {
  const { family, protocol, source, sourceKey } = tuple;
  return tupleOf(family, protocol, source, destination, sourceKey, destinationKey);
}

/** What the choice of a source port depends on beside the connection itself. */
export interface SourceChoice {
  /** Whether replies with this tuple belong to another connection already. */
  isTaken(reply: Tuple): boolean;
  /** The port that the latest connection of the same source address and port was given at `address`, if there is one. */
  portOfSameSource(original: Tuple, address: IpAddress): number | undefined;
}

/**
 * Binds the source of an unconfirmed connection: its replies will go to `place`. Where they are taken the kernel picks another
 * port or identifier, which nobody can foretell. A port that `place` names is used whether taken or not, and so is a tuple of
 * a protocol without ports: `confirm` finds the clash.
 *
 * Source: nf_nat_core.c, get_unique_tuple, find_appropriate_src and nf_nat_l4proto_unique_tuple (Linux 6.18).
 */
export function bindEntrySource(
  entry: ConnectionEntry,
  place: NatPlace | undefined,
  choice: SourceChoice,
): NatOutcome {
  if (place === undefined) {
    if (canMakeWay(entry.reply) && choice.isTaken(entry.reply)) return unpredictable(entry);
    entry.sourceNatDone = true;
    return UNCHANGED;
  }
  const { address } = place;
  const present = invertTuple(entry.reply);
  if (place.port !== undefined && isPortTracked(present.protocol)) {
    return bindReply(entry, present, withSource(present, address, place.port));
  }
  const from = (port: number): Tuple => withSource(present, address, port);
  const isFree = (port: number): boolean => !choice.isTaken(invertTuple(from(port)));
  const { ports } = place;
  if (ports !== undefined && isPortTracked(present.protocol)) {
    const { port, byChance } = sourcePortOf(present.sourceKey, ports, isFree);
    return { ...bindReply(entry, present, from(port)), byChance };
  }
  if (!sameIpAddress(address, present.source)) {
    const port = choice.portOfSameSource(entry.original, address);
    if (port !== undefined) {
      const bound = withSource(present, address, port);
      if (!choice.isTaken(invertTuple(bound))) return bindReply(entry, present, bound);
    }
  }
  const bound = withSource(present, address, present.sourceKey);
  if (canMakeWay(bound) && choice.isTaken(invertTuple(bound))) return unpredictable(entry);
  return bindReply(entry, present, bound);
}

function withSource(tuple: Tuple, source: IpAddress, sourceKey: number): Tuple {
  const { family, protocol, destination, destinationKey } = tuple;
  return tupleOf(family, protocol, source, destination, sourceKey, destinationKey);
}

function bindReply(
  entry: ConnectionEntry,
  present: Tuple,
  bound: Tuple,
): Extract<NatOutcome, { kind: 'bound' }> {
  entry.sourceNatDone = true;
  if (sameTuple(bound, present)) return UNCHANGED;
  entry.reply = invertTuple(bound);
  entry.sourceNat = true;
  return { kind: 'bound', changed: true };
}

/** Whether another port or identifier can tell two flows of the protocol apart. */
function canMakeWay({ family, protocol }: Tuple): boolean {
  return isPortTracked(protocol) || isTrackedIcmp(family, protocol);
}

function unpredictable({ original }: ConnectionEntry): NatOutcome {
  const what = isPortTracked(original.protocol) ? 'source port' : 'ICMP identifier';
  return {
    kind: 'unpredictable',
    reason: `${what} ${original.sourceKey} is in use by another connection; the kernel picks another at random`,
  };
}

const UNCHANGED: Extract<NatOutcome, { kind: 'bound' }> = { kind: 'bound', changed: false };

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
  if (isPortTracked(packet.protocol)) {
    if (packet.sourcePort !== other.destinationKey) changed = true;
    packet.sourcePort = other.destinationKey;
  } else if (rewriteIcmpId(packet, other)) changed = true;
  return changed;
}

/** The identifier of ICMP queries and answers goes along with either side; an error has none. */
function rewriteIcmpId(packet: PacketInFlight, other: Tuple): boolean {
  if (!isTrackedIcmp(packet.family, packet.protocol)) return false;
  if (icmpKind(packet.family, packet.packet.icmpType) === 'error') return false;
  const changed = packet.icmpId !== other.sourceKey;
  packet.icmpId = other.sourceKey;
  return changed;
}
