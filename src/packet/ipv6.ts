import { put16, putAddress } from './header-bytes.ts';
import type { Packet } from './packet.ts';

/** Bytes of an IPv6 header without extensions. */
export const IPV6_HEADER_BYTES = 40;

/** Where source and destination address stand in an IPv6 header. */
export const IPV6_ADDRESSES = { start: 8, end: 40 };

/** Writes the header of an IPv6 packet of `lengthBytes` in all at `offset`. Source: RFC 8200 3. */
export function putIpv6Header(
  bytes: Uint8Array,
  offset: number,
  packet: Packet,
  lengthBytes: number,
): void {
  put16(bytes, offset, 0x6000 | (packet.tos << 4));
  put16(bytes, offset + 4, lengthBytes - IPV6_HEADER_BYTES);
  bytes[offset + 6] = packet.protocol;
  bytes[offset + 7] = packet.ttl;
  putAddress(bytes, offset + 8, packet.source);
  putAddress(bytes, offset + 24, packet.destination);
}
