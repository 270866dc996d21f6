import { put16 } from './header-bytes.ts';
import type { Packet } from './packet.ts';
import { hasIcmpId } from './packet-defaults.ts';

/** Bytes of an ICMP or ICMPv6 header with the four bytes that depend on the type. */
export const ICMP_HEADER_BYTES = 8;

/** Where the checksum stands in an ICMP or ICMPv6 header. */
export const ICMP_CHECKSUM_OFFSET = 2;

/** Of an IPv4 packet that an error is about: the header and eight bytes, as much as every router quotes. Source: RFC 792. */
export const QUOTED_TRANSPORT_BYTES = 8;

/** Writes an ICMP or ICMPv6 header at `offset`, checksum left 0; the sequence number of a query is 1. Source: RFC 792, RFC 4443. */
export function putIcmpHeader(bytes: Uint8Array, offset: number, packet: Packet): void {
  bytes[offset] = packet.icmpType;
  bytes[offset + 1] = packet.icmpCode;
  if (!hasIcmpId(packet.family, packet.icmpType)) return;
  put16(bytes, offset + 4, packet.icmpId);
  put16(bytes, offset + 6, 1);
}
