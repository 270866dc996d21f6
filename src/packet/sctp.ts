import { crc32c } from './checksum.ts';
import { put16, put32 } from './header-bytes.ts';
import type { Packet } from './packet.ts';

/** Bytes of the header that SCTP packets have in common. */
export const SCTP_HEADER_BYTES = 12;

/** Types of chunks by the names that packets are written with. Source: IANA SCTP parameters. */
const CHUNK_TYPES: ReadonlyMap<string, number> = new Map([
  ['DATA', 0],
  ['INIT', 1],
  ['INIT_ACK', 2],
  ['SACK', 3],
  ['HEARTBEAT', 4],
  ['HEARTBEAT_ACK', 5],
  ['ABORT', 6],
  ['SHUTDOWN', 7],
  ['SHUTDOWN_ACK', 8],
  ['ERROR', 9],
  ['COOKIE_ECHO', 10],
  ['COOKIE_ACK', 11],
  ['ECN_ECNE', 12],
  ['ECN_CWR', 13],
  ['SHUTDOWN_COMPLETE', 14],
  ['I_DATA', 64],
  ['ASCONF_ACK', 128],
  ['RE_CONFIG', 130],
  ['PAD', 132],
  ['FORWARD_TSN', 192],
  ['ASCONF', 193],
  ['I_FORWARD_TSN', 194],
]);

const CHUNK_NAMES: ReadonlyMap<number, string> = new Map(
  [...CHUNK_TYPES].map(([name, type]) => [type, name]),
);

/** The name of a chunk's type; its number for one without. */
export function sctpChunkName(type: number): string {
  return CHUNK_NAMES.get(type) ?? String(type);
}

/** INIT and INIT_ACK: chunk header, tag, window, two stream counts and a sequence number. */
const INIT_BYTES = 20;
const CHUNK_HEADER_BYTES = 4;

/** The tags by which the two ends of an SCTP association know its packets. */
export interface SctpTags {
  /** The receiver's, which every packet but INIT bears. */
  readonly verification: number;
  /** The sender's, which INIT and INIT_ACK announce. */
  readonly own: number;
}

/** Bytes of the smallest chunk of its type that the kernel takes for whole. */
export function sctpChunkBytes(chunk: string | undefined): number {
  return chunk === 'INIT' || chunk === 'INIT_ACK' ? INIT_BYTES : CHUNK_HEADER_BYTES;
}

/**
 * Writes an SCTP packet of one chunk from `offset` to `end`, checksum included. Source: RFC 9260 3.1 and 3.3.
 *
 * @throws Error for a chunk that has no name here.
 */
export function putSctp(
  bytes: Uint8Array,
  range: { readonly offset: number; readonly end: number },
  packet: Packet,
  tags: SctpTags,
): void {
  const { offset, end } = range;
  const name = packet.sctpChunk ?? 'DATA';
  const type = CHUNK_TYPES.get(name);
  if (type === undefined) throw new Error(`SCTP has no chunk ${name}`);
  put16(bytes, offset, packet.sourcePort);
  put16(bytes, offset + 2, packet.destinationPort);
  put32(bytes, offset + 4, name === 'INIT' ? 0 : tags.verification);
  const chunk = offset + SCTP_HEADER_BYTES;
  if (chunk + CHUNK_HEADER_BYTES <= end) {
    bytes[chunk] = type;
    put16(bytes, chunk + 2, end - chunk);
  }
  if (sctpChunkBytes(name) === INIT_BYTES && chunk + INIT_BYTES <= end) {
    put32(bytes, chunk + 4, tags.own);
    put32(bytes, chunk + 8, 0xffff);
    put16(bytes, chunk + 12, 1);
    put16(bytes, chunk + 14, 1);
    put32(bytes, chunk + 16, 1);
  }
  // The checksum is the one number here whose least significant byte comes first.
  const checksum = crc32c(bytes, offset, end);
  put32(bytes, offset + 8, 0);
  for (let i = 0; i < 4; i++) bytes[offset + 8 + i] = checksum >>> (8 * i);
}
