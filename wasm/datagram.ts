// AssemblyScript: compiled by build/wasm.js. What stands where in memory `layout` says, which is made from src/simulate/fast/plain-layout.ts.
import {
  CHECKED_HEADER,
  CHECKED_TRANSPORT,
  HAS_OPTIONS,
  MEMORY_PACKETS,
  OFFERS_SACK,
  PLAIN_ACKNOWLEDGEMENT,
  PLAIN_BYTES,
  PLAIN_DESTINATION,
  PLAIN_FLAGS,
  PLAIN_HASH,
  PLAIN_KIND,
  PLAIN_OPTIONS,
  PLAIN_PAYLOAD_BYTES,
  PLAIN_PORTS,
  PLAIN_SEQUENCE,
  PLAIN_SOURCE,
  PLAIN_WINDOW,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from './layout.ts';

const IPV4_HEADER_BYTES: i32 = 20;
const TCP_HEADER_BYTES: i32 = 20;
const UDP_HEADER_BYTES: i32 = 8;

/** Version 4, and a header of five words. */
const VERSION_AND_LENGTH: u32 = 0x45;

/** More fragments and the offset, as the two bytes stand in memory. */
const FRAGMENT_BITS: u32 = 0xff3f;

/** NOP, NOP, a timestamp of ten bytes: all the options that most TCP segments have, and none that connection tracking looks at. */
const TIMESTAMP: u32 = 0x0a080101;
const TIMESTAMP_BYTES: i32 = 12;

const OPTION_END: u32 = 0;
const OPTION_NO_OPERATION: u32 = 1;
const OPTION_WINDOW_SCALE: u32 = 3;
const OPTION_SACK_PERMITTED: u32 = 4;
const OPTION_SACK: u32 = 5;

/** The largest scale that counts (RFC 7323 2.3). */
const LARGEST_SCALE: i32 = 14;

/** Said of options that are left to others: they acknowledge selectively. */
const HAS_SACK: i32 = -1;

/** The lowest time to live that is not used up in transit. */
const LEAST_TTL: u32 = 2;

/**
 * Reads the datagram that begins at `start`, of which bytes are there up to `end`, into a place. False for one that is not plain; then what
 * stands in the place means nothing.
 */
export function readDatagram(place: i32, start: i32, end: i32, checked: i32): bool {
  if (end - start < IPV4_HEADER_BYTES + UDP_HEADER_BYTES) return false;
  const total = <i32>bswap<u16>(load<u16>(start, 2));
  if (load<u8>(start) !== VERSION_AND_LENGTH || (load<u16>(start, 6) & FRAGMENT_BITS) !== 0) {
    return false;
  }
  if (load<u8>(start, 8) < LEAST_TTL || total > end - start) return false;
  if (!isOrdinary(load<u8>(start, 12)) || !isOrdinary(load<u8>(start, 16))) return false;
  const source = load<u32>(start, 12);
  const destination = load<u32>(start, 16);
  if (source === destination) return false;
  const protocol = <u32>load<u8>(start, 9);
  const transport = start + IPV4_HEADER_BYTES;
  const length = total - IPV4_HEADER_BYTES;
  const at = MEMORY_PACKETS + place * PLAIN_BYTES;
  if (protocol === PROTOCOL_TCP) {
    if (length < TCP_HEADER_BYTES || !readTcp(at, transport, length)) return false;
  } else if (
    protocol !== PROTOCOL_UDP ||
    length < UDP_HEADER_BYTES ||
    <i32>bswap<u16>(load<u16>(transport, 4)) !== length
  ) {
    return false;
  }
  if (!areChecksumsRight(start, total, checked)) return false;
  const from = bswap<u32>(source);
  const to = bswap<u32>(destination);
  const ports = bswap<u32>(load<u32>(transport));
  store<u32>(at, from, PLAIN_SOURCE);
  store<u32>(at, to, PLAIN_DESTINATION);
  store<u32>(at, ports, PLAIN_PORTS);
  store<u32>(at, (protocol << 8) | 4, PLAIN_KIND);
  store<u32>(at, hashOf(protocol, from, to, ports), PLAIN_HASH);
  return true;
}

/** Those that `checked` names. Checksums are the same whichever way round words stand in memory. */
function areChecksumsRight(start: i32, total: i32, checked: i32): bool {
  const addresses = <u64>load<u32>(start, 12) + <u64>load<u32>(start, 16);
  if ((checked & CHECKED_HEADER) !== 0) {
    const others = <u64>load<u32>(start) + <u64>load<u32>(start, 4) + <u64>load<u32>(start, 8);
    if (!isWhole(addresses + others)) return false;
  }
  if ((checked & CHECKED_TRANSPORT) === 0) return true;
  const transport = start + IPV4_HEADER_BYTES;
  const protocol = <u32>load<u8>(start, 9);
  // A UDP packet may do without.
  if (protocol === PROTOCOL_UDP && load<u16>(transport, 6) === 0) return true;
  const length = <u64>bswap<u16>(<u16>(total - IPV4_HEADER_BYTES));
  return isWhole(addresses + <u64>(protocol << 8) + length + sumOf(transport, start + total));
}

function readTcp(at: i32, transport: i32, length: i32): bool {
  const headerBytes = <i32>(load<u8>(transport, 12) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES || headerBytes > length) return false;
  let flags = <i32>load<u8>(transport, 13);
  let options = 0;
  if (headerBytes > TCP_HEADER_BYTES) {
    const isTimestamp =
      headerBytes === TCP_HEADER_BYTES + TIMESTAMP_BYTES &&
      load<u32>(transport, TCP_HEADER_BYTES) === TIMESTAMP;
    if (!isTimestamp) options = readOptions(transport + TCP_HEADER_BYTES, transport + headerBytes);
    if (options === HAS_SACK) flags |= HAS_OPTIONS;
  }
  store<i32>(at, options, PLAIN_OPTIONS);
  store<i32>(at, flags, PLAIN_FLAGS);
  store<u32>(at, bswap<u32>(load<u32>(transport, 4)), PLAIN_SEQUENCE);
  store<u32>(at, bswap<u32>(load<u32>(transport, 8)), PLAIN_ACKNOWLEDGEMENT);
  store<i32>(at, <i32>bswap<u16>(load<u16>(transport, 14)), PLAIN_WINDOW);
  store<i32>(at, length - headerBytes, PLAIN_PAYLOAD_BYTES);
  return true;
}

/** What the options between two addresses offer, as PLAIN_OPTIONS has it; HAS_SACK. As `readOptions` of decodeTcp. */
function readOptions(from: i32, to: i32): i32 {
  let scale = 0;
  let offersSack = 0;
  let i = from;
  while (i < to) {
    const kind = load<u8>(i);
    if (kind === OPTION_END) break;
    if (kind === OPTION_NO_OPERATION) {
      i++;
      continue;
    }
    const length: i32 = i + 1 < to ? load<u8>(i, 1) : 0;
    if (length < 2 || i + length > to) break;
    if (kind === OPTION_SACK) return HAS_SACK;
    if (kind === OPTION_WINDOW_SCALE && length === 3) {
      scale = min<i32>(load<u8>(i, 2), LARGEST_SCALE) + 1;
    } else if (kind === OPTION_SACK_PERMITTED && length === 2) offersSack = OFFERS_SACK;
    i += length;
  }
  return scale | offersSack;
}

/** The first byte of an address that routing treats by its tables alone: not of 0/8, 127/8, or 224/3. */
function isOrdinary(firstByte: u32): bool {
  return firstByte !== 0 && firstByte !== 127 && firstByte < 224;
}

/** The sum of 32-bit words; where the last is not whole, zeros follow. */
function sumOf(start: i32, end: i32): u64 {
  let sum: u64 = 0;
  let i = start;
  for (; i + 8 <= end; i += 8) sum += <u64>load<u32>(i) + <u64>load<u32>(i, 4);
  if (i + 4 <= end) {
    sum += <u64>load<u32>(i);
    i += 4;
  }
  if (i + 2 <= end) {
    sum += <u64>load<u16>(i);
    i += 2;
  }
  if (i < end) sum += <u64>load<u8>(i);
  return sum;
}

/** Whether a sum of words that includes its checksum is right. */
function isWhole(sum: u64): bool {
  let folded = (sum & 0xffff_ffff) + (sum >>> 32);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return folded === 0xffff;
}

/** As `hashOfPorts` of FlowHeaders. */
function hashOf(protocol: u32, source: u32, destination: u32, ports: u32): u32 {
  const a = endOf(source, ports >>> 16);
  const b = endOf(destination, ports & 0xffff);
  let h = (((a + b) ^ (protocol * 0x9e3779b1)) * 0x85ebca6b) ^ (a ^ b);
  h = (h ^ (h >>> 15)) * 0xc2b2ae35;
  return h ^ (h >>> 13);
}

function endOf(address: u32, port: u32): u32 {
  let h = (address ^ (port << 15) ^ (port >>> 1)) * 0x2c1b3c6d;
  h = (h ^ (h >>> 15)) * 0x85ebca6b;
  return h ^ (h >>> 14);
}
