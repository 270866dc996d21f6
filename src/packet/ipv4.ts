import { addWords, finishChecksum } from './checksum.ts';
import { put16, putAddress } from './header-bytes.ts';
import type { Packet } from './packet.ts';

/** Bytes of an IPv4 header without options. */
export const IPV4_HEADER_BYTES = 20;

/** Where source and destination address stand in an IPv4 header. */
export const IPV4_ADDRESSES = { start: 12, end: 20 };

/** Writes the header of an IPv4 packet of `lengthBytes` in all at `offset`; never a fragment. Source: RFC 791 3.1. */
export function putIpv4Header(
  bytes: Uint8Array,
  offset: number,
  packet: Packet,
  fields: { readonly lengthBytes: number; readonly identification: number },
): void {
  bytes[offset] = 0x45;
  bytes[offset + 1] = packet.tos;
  put16(bytes, offset + 2, fields.lengthBytes);
  put16(bytes, offset + 4, fields.identification);
  bytes[offset + 8] = packet.ttl;
  bytes[offset + 9] = packet.protocol;
  putAddress(bytes, offset + 12, packet.source);
  putAddress(bytes, offset + 16, packet.destination);
  put16(bytes, offset + 10, finishChecksum(addWords(bytes, offset, offset + IPV4_HEADER_BYTES)));
}
