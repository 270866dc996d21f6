import { get16 } from './header-bytes.ts';
import { SCTP_HEADER_BYTES, sctpChunkName } from './sctp.ts';

/** The most chunks of one packet that are looked at. */
const MOST_CHUNKS = 64;

/** Chunks that only carry data or its acknowledgement: a packet is called after another one that it holds, if any. */
const BYSTANDERS = new Set(['DATA', 'SACK', 'I_DATA', 'FORWARD_TSN', 'I_FORWARD_TSN', 'PAD']);

/**
 * The chunk that an SCTP packet is about, by its name: the first that says something of the association, else the first. Undefined
 * where the packet, or the capture, ends before.
 */
export function decodeSctpChunk(bytes: Uint8Array, at: number, end: number): string | undefined {
  let first: string | undefined;
  let offset = at + SCTP_HEADER_BYTES;
  for (let i = 0; i < MOST_CHUNKS && offset + 4 <= end; i++) {
    const name = sctpChunkName(bytes[offset]!);
    if (!BYSTANDERS.has(name)) return name;
    first ??= name;
    const length = get16(bytes, offset + 2);
    if (length < 4) break;
    offset += (length + 3) & ~3;
  }
  return first;
}
