import { put16, put32 } from './header-bytes.ts';
import type { Packet } from './packet.ts';

/** Bytes of a TCP header without options. */
export const TCP_HEADER_BYTES = 20;

/** Where the checksum stands in a TCP header. */
export const TCP_CHECKSUM_OFFSET = 16;

/** What a TCP header bears beside ports and flags. */
export interface TcpNumbers {
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Unscaled. */
  readonly window: number;
}

/** Writes a TCP header at `offset`, checksum left 0. Source: RFC 9293 3.1. */
export function putTcpHeader(
  bytes: Uint8Array,
  offset: number,
  packet: Packet,
  numbers: TcpNumbers,
): void {
  put16(bytes, offset, packet.sourcePort);
  put16(bytes, offset + 2, packet.destinationPort);
  put32(bytes, offset + 4, numbers.sequence);
  put32(bytes, offset + 8, numbers.acknowledgement);
  bytes[offset + 12] = (TCP_HEADER_BYTES / 4) << 4;
  bytes[offset + 13] = packet.tcpFlags;
  put16(bytes, offset + 14, numbers.window);
}
