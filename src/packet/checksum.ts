/**
 * Adds the 16-bit big-endian words of `bytes` from `start` to `end` to a running sum; an odd last byte counts as a word's upper half.
 * Sums of up to 2^31 / 0xffff words do not overflow. Source: RFC 1071.
 */
export function addWords(bytes: Uint8Array, start: number, end: number, sum = 0): number {
  let total = sum;
  let i = start;
  for (; i + 1 < end; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) total += bytes[i]! << 8;
  return total;
}

/** The checksum of a running sum: folded to 16 bits and complemented. Source: RFC 1071. */
export function finishChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/**
 * The sum of the pseudo header that transport checksums cover: both addresses, protocol and length.
 * `addresses` holds them as they stand in the IP header, from `start` to `end`. Source: RFC 793 3.1, RFC 8200 8.1.
 */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  addresses: { readonly start: number; readonly end: number },
  protocol: number,
  lengthBytes: number,
): number {
  return addWords(bytes, addresses.start, addresses.end, protocol + lengthBytes);
}

const CRC32C_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC32c of `bytes` from `start` to `end`, as SCTP has it. Source: RFC 9260 appendix A. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let value = 0xffffffff;
  for (let i = start; i < end; i++) {
    value = (value >>> 8) ^ CRC32C_TABLE[(value ^ bytes[i]!) & 0xff]!;
  }
  return ~value >>> 0;
}
