import { get16, get32 } from './header-bytes.ts';
import { TCP_FLAG } from './packet.ts';
import { TCP_HEADER_BYTES } from './tcp.ts';
import type { TcpWireFacts } from './wire-facts.ts';

const OPTION_END = 0;
const OPTION_NO_OPERATION = 1;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;

/** The largest scale that counts (RFC 7323 2.3). */
const LARGEST_SCALE = 14;

/** Facts to be filled. */
export function emptyTcpWireFacts(): TcpWireFacts {
  return {
    window: 0,
    windowScale: -1,
    sackPermitted: false,
    hasSack: false,
    sackHighest: 0,
    payloadBytes: 0,
  };
}

/**
 * Reads what a TCP header at `at` says beside ports, flags and numbers. Bytes are there up to `end`, and the segment ends at
 * `segmentEnd`. Of a SYN whose options the capture cut off the scale is taken to be the largest: a window too wide lets through, where
 * one too narrow would call a sound packet invalid. HOT
 */
export function decodeTcp(
  bytes: Uint8Array,
  at: number,
  end: number,
  segmentEnd: number,
  into: TcpWireFacts,
): void {
  const headerBytes = (bytes[at + 12]! >>> 4) * 4;
  const headerEnd = at + headerBytes;
  into.window = end >= at + 16 ? get16(bytes, at + 14) : 0xffff;
  into.windowScale = -1;
  into.sackPermitted = false;
  into.hasSack = false;
  into.sackHighest = 0;
  into.payloadBytes = segmentEnd > headerEnd ? segmentEnd - headerEnd : 0;
  if (headerBytes === TCP_HEADER_BYTES) return;
  const optionsEnd = headerEnd < segmentEnd ? headerEnd : segmentEnd;
  if (end < optionsEnd) {
    if ((bytes[at + 13]! & TCP_FLAG.S) !== 0) {
      into.windowScale = LARGEST_SCALE;
      into.sackPermitted = true;
    }
    return;
  }
  readOptions(bytes, at + TCP_HEADER_BYTES, optionsEnd, into);
}

/** Source: nf_conntrack_proto_tcp.c, tcp_options and tcp_sack (Linux 6.18). HOT */
function readOptions(bytes: Uint8Array, from: number, to: number, into: TcpWireFacts): void {
  for (let i = from; i < to; ) {
    const kind = bytes[i]!;
    if (kind === OPTION_END) return;
    if (kind === OPTION_NO_OPERATION) {
      i++;
      continue;
    }
    const length = i + 1 < to ? bytes[i + 1]! : 0;
    if (length < 2 || i + length > to) return;
    readOption(bytes, i, kind, length, into);
    i += length;
  }
}

/** HOT */
function readOption(
  bytes: Uint8Array,
  at: number,
  kind: number,
  length: number,
  into: TcpWireFacts,
): void {
  if (kind === WINDOW_SCALE && length === 3) {
    const scale = bytes[at + 2]!;
    into.windowScale = scale < LARGEST_SCALE ? scale : LARGEST_SCALE;
  } else if (kind === SACK_PERMITTED && length === 2) into.sackPermitted = true;
  else if (kind === SACK && length >= 10 && ((length - 2) & 7) === 0) {
    readEdges(bytes, at + 6, at + length, into);
  }
}

/** HOT */
function readEdges(bytes: Uint8Array, from: number, to: number, into: TcpWireFacts): void {
  for (let edge = from; edge < to; edge += 8) {
    const right = get32(bytes, edge);
    if (!into.hasSack || ((right - into.sackHighest) | 0) > 0) into.sackHighest = right;
    into.hasSack = true;
  }
}
