import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import type { Masked } from '../ruleset/option/number-codecs.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** `nomatch`: an element that says so decides, which is out as well. `unknown`: it depends on time, or on what nobody says of the packet. */
export type SetAnswer = 'in' | 'out' | 'nomatch' | 'unknown';

/** Which side of the packet each dimension looks at. */
export type SetSides = readonly ('src' | 'dst')[];

/** What an element gives a packet for a mark; undefined: nothing. */
export type SetMark = Masked | undefined;

/** No element gives a packet anything. */
export const NO_MARKS: readonly SetMark[] = [undefined];

/** An ipset as the `set` match asks it. */
export interface SetLookup {
  readonly dimensions: number;
  /** Undefined: packets of both. */
  readonly family: IpSet['family'];
  test(packet: PacketInFlight, sides: SetSides, nowSeconds: number): SetAnswer;
  /** The marks that SET may map a packet to; one where it is known. */
  marksFor(packet: PacketInFlight, sides: SetSides, nowSeconds: number): readonly SetMark[];
  /** The marks of all elements. */
  readonly marks: readonly SetMark[];
}

/** A set asked for a packet: one of the other family, or with more dimensions than sides, holds nothing. */
export function testSet(
  set: SetLookup,
  packet: PacketInFlight,
  sides: SetSides,
  nowSeconds: number,
): SetAnswer {
  if (sides.length < set.dimensions) return 'out';
  if (set.family !== undefined && set.family !== packet.family) return 'out';
  return set.test(packet, sides, nowSeconds);
}

/**
 * What the port dimension of a set holds for a packet: a port, type and code of ICMP whatever the direction, 0 for other protocols.
 * Source: ip_set_getport.c, ip_set_get_ip4_port.
 */
export function portDimension(packet: PacketInFlight, fromSource: boolean): number {
  if (hasPorts(packet.protocol) && packet.protocol !== IP_PROTOCOL.dccp) {
    return fromSource ? packet.sourcePort : packet.destinationPort;
  }
  const icmp = packet.family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  if (packet.protocol !== icmp) return 0;
  return (packet.packet.icmpType << 8) | packet.packet.icmpCode;
}
