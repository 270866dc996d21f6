import type { IpFamily } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Packet } from '../../packet/packet.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { Tuple } from './connection.ts';
import { icmpKind, isTrackedIcmp } from './icmp-types.ts';
import { tupleOf } from './tuple.ts';

/**
 * Whether ports make a flow of the protocol. DCCP has ports, and yet its flows are addresses alone: connection tracking of
 * DCCP is gone from the kernel. HOT
 */
export function isPortTracked(protocol: number): boolean {
  return (
    protocol === IP_PROTOCOL.tcp ||
    protocol === IP_PROTOCOL.udp ||
    protocol === IP_PROTOCOL.sctp ||
    protocol === IP_PROTOCOL.udplite
  );
}

/** `Tuple.sourceKey` of a packet as it stands. HOT */
export function sourceKeyOf(packet: PacketInFlight): number {
  if (isPortTracked(packet.protocol)) return packet.sourcePort;
  return isTrackedIcmp(packet.family, packet.protocol) ? packet.icmpId : 0;
}

/** `Tuple.destinationKey` of a packet as it stands. HOT */
export function destinationKeyOf(packet: PacketInFlight): number {
  if (isPortTracked(packet.protocol)) return packet.destinationPort;
  if (!isTrackedIcmp(packet.family, packet.protocol)) return 0;
  return (packet.packet.icmpType << 8) | packet.packet.icmpCode;
}

/** The flow that an ICMP error quotes; undefined when the quoted packet can have none, such as an ICMP error itself. */
export function quotedTuple(quoted: Packet): Tuple | undefined {
  const { family, protocol, source, destination } = quoted;
  if (isTrackedIcmp(family, protocol)) {
    const kind = icmpKind(family, quoted.icmpType);
    if (kind !== 'query' && kind !== 'answer') return undefined;
    const key = (quoted.icmpType << 8) | quoted.icmpCode;
    return tupleOf(family, protocol, source, destination, quoted.icmpId, key);
  }
  if (isUntrackable(family, protocol)) return undefined;
  return isPortTracked(protocol)
    ? tupleOf(family, protocol, source, destination, quoted.sourcePort, quoted.destinationPort)
    : tupleOf(family, protocol, source, destination, 0, 0);
}

/** No next header in IPv6: nothing that could be tracked follows. */
const IPV6_NO_NEXT_HEADER = 59;

/** Whether packets of the protocol are always INVALID: the other family's ICMP, and IPv6 without a next header. HOT */
export function isUntrackable(family: IpFamily, protocol: number): boolean {
  return family === 4
    ? protocol === IP_PROTOCOL.icmpv6
    : protocol === IP_PROTOCOL.icmp || protocol === IPV6_NO_NEXT_HEADER;
}
