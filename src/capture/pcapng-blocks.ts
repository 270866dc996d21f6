/** Block types of pcapng that are read; all others are skipped by their length. Source: draft-ietf-opsawg-pcapng. */
export const BLOCK = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  /** Obsolete, still written by old programs. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

/** The number by which a section says its byte order. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Codes of the options that are read. 0 ends a list, 1 is a comment in every block. */
export const OPTION = {
  end: 0,
  comment: 1,
  interfaceName: 2,
  interfaceMac: 6,
  timeResolution: 9,
  timeOffset: 14,
  packetFlags: 2,
} as const;

/** Numbers of either byte order, in the order of the section that is being read. */
export class BlockBytes {
  bytes: Uint8Array = new Uint8Array(0);
  littleEndian = true;

  /** HOT */
  u16(at: number): number {
    const { bytes } = this;
    return this.littleEndian
      ? bytes[at]! | (bytes[at + 1]! << 8)
      : (bytes[at]! << 8) | bytes[at + 1]!;
  }

  /** HOT */
  u32(at: number): number {
    const { bytes } = this;
    return this.littleEndian
      ? (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
      : ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>>
          0;
  }

  /** A signed 64-bit number; exact up to 2^53. */
  i64(at: number): number {
    const low = this.u32(this.littleEndian ? at : at + 4);
    const high = this.u32(this.littleEndian ? at + 4 : at) | 0;
    return high * 0x1_0000_0000 + low;
  }

  /** Where the value of an option stands between `at` and `end`, and how long it is; undefined where the list has none of the code. */
  option(
    at: number,
    end: number,
    code: number,
  ): { readonly at: number; readonly length: number } | undefined {
    for (let i = at; i + 4 <= end; ) {
      const found = this.u16(i);
      const length = this.u16(i + 2);
      if (found === OPTION.end || i + 4 + length > end) return undefined;
      if (found === code) return { at: i + 4, length };
      i += 4 + paddedLength(length);
    }
    return undefined;
  }
}

/** The length with the padding to whole words of 32 bits. HOT */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
