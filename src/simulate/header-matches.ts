import { compareIpAddresses, type IpAddress } from '../address/ip-address.ts';
import type { PortRange } from '../address/port-range.ts';
import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import { packetLengthBytes } from '../packet/encode-packet.ts';
import type { HopLimitMatch } from '../ruleset/match/hop-limit.ts';
import type { IprangeMatch } from '../ruleset/match/iprange.ts';
import type { MaskedAddressMatch } from '../ruleset/match/masked-address.ts';
import type { MultiportEitherMatch } from '../ruleset/match/multiport-either.ts';
import type { TcpFlagsMatch } from '../ruleset/match/tcp-flags.ts';
import type { Negatable } from '../ruleset/option/codec.ts';
import type { NumberRange } from '../ruleset/option/number-codecs.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** Whether a value with `!` before its option or not is as asked. */
export function asAsked<Value>(
  asked: Negatable<Value> | undefined,
  is: (value: Value) => boolean,
): boolean {
  return asked === undefined || is(asked.value) !== asked.negated;
}

/** Whether a number is in the range. */
export function inRange(value: number, { first, last }: NumberRange): boolean {
  return value >= first && value <= last;
}

/** Whether the address has the network's bits where the mask has ones. */
export function isMasked(
  address: IpAddress,
  { network, mask }: { readonly network: IpAddress; readonly mask: IpAddress },
): boolean {
  return (
    (address.w3 & mask.w3) >>> 0 === network.w3 &&
    (address.w2 & mask.w2) >>> 0 === network.w2 &&
    (address.w1 & mask.w1) >>> 0 === network.w1 &&
    (address.w0 & mask.w0) >>> 0 === network.w0
  );
}

/** `-s 10.0.0.5/255.0.0.255`. */
export function matchesMaskedAddress(match: MaskedAddressMatch, packet: PacketInFlight): boolean {
  const address = match.side === 'source' ? packet.source : packet.destination;
  return isMasked(address, match) !== match.negated;
}

/** `-m iprange`. */
export function matchesIprange(match: IprangeMatch, packet: PacketInFlight): boolean {
  const within =
    (address: IpAddress) =>
    ({ first, last }: { readonly first: IpAddress; readonly last: IpAddress }): boolean =>
      compareIpAddresses(first, address) <= 0 && compareIpAddresses(address, last) <= 0;
  return (
    asAsked(match.source, within(packet.source)) &&
    asAsked(match.destination, within(packet.destination))
  );
}

/** `-m multiport --ports`: the source port or the destination port. */
export function matchesEitherPort(match: MultiportEitherMatch, packet: PacketInFlight): boolean {
  if (!hasPorts(packet.protocol)) return false;
  const { sourcePort, destinationPort } = packet;
  const found = match.ranges.some(
    (range: PortRange) => inRange(sourcePort, range) || inRange(destinationPort, range),
  );
  return found !== match.negated;
}

/** `-m tcp --tcp-flags`. */
export function matchesTcpFlags(match: TcpFlagsMatch, packet: PacketInFlight): boolean {
  if (packet.protocol !== IP_PROTOCOL.tcp) return false;
  return ((packet.packet.tcpFlags & match.mask) === match.set) !== match.negated;
}

/** `-m ttl`, `-m hl`. */
export function matchesHopLimit(match: HopLimitMatch, { ttl }: PacketInFlight): boolean {
  switch (match.comparison) {
    case 'lt':
      return ttl < match.value !== match.negated;
    case 'gt':
      return ttl > match.value !== match.negated;
    default:
      return (ttl === match.value) !== match.negated;
  }
}

/** The bytes of the packet as `-m length` counts them. */
export function lengthOf({ packet, addedBytes }: PacketInFlight): number {
  return packetLengthBytes(packet) + addedBytes;
}
