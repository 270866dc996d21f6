import { put16 } from './header-bytes.ts';
import type { Packet } from './packet.ts';

/** Bytes of a UDP or UDP-Lite header. */
export const UDP_HEADER_BYTES = 8;

/** Where the checksum stands in a UDP or UDP-Lite header. */
export const UDP_CHECKSUM_OFFSET = 6;

/** Bytes of a DCCP header with short sequence numbers. */
export const DCCP_HEADER_BYTES = 12;

/** Where the checksum stands in a DCCP header. */
export const DCCP_CHECKSUM_OFFSET = 6;

/**
 * Writes a UDP header at `offset`, checksum left 0. With UDP-Lite the length is how much the checksum covers, which is all
 * of it here as well. Source: RFC 768, RFC 3828 3.1.
 */
export function putUdpHeader(
  bytes: Uint8Array,
  offset: number,
  packet: Packet,
  lengthBytes: number,
): void {
  put16(bytes, offset, packet.sourcePort);
  put16(bytes, offset + 2, packet.destinationPort);
  put16(bytes, offset + 4, lengthBytes);
}

/** Writes the header of a DCCP request with short sequence numbers at `offset`, checksum left 0. Source: RFC 4340 5.1. */
export function putDccpHeader(bytes: Uint8Array, offset: number, packet: Packet): void {
  put16(bytes, offset, packet.sourcePort);
  put16(bytes, offset + 2, packet.destinationPort);
  bytes[offset + 4] = DCCP_HEADER_BYTES / 4;
}
