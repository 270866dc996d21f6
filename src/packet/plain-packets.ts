import { IP_PROTOCOL } from '../address/protocol.ts';
import { get16, get32 } from './header-bytes.ts';
import { IPV4_HEADER_BYTES } from './ipv4.ts';
import { TCP_HEADER_BYTES } from './tcp.ts';
import { UDP_HEADER_BYTES } from './udp.ts';
import { sumWords } from './verify-checksum.ts';

/** As many as are kept together: what they and their connections take stays in the processor's cache. */
export const MOST_PLAIN = 128;

/** Which checksums of a packet must be right for it to be plain. */
export const CHECKED = { none: 0, header: 1, transport: 2 } as const;

/** Version 4, and a header of five words. */
const VERSION_AND_LENGTH = 0x45;

const FRAGMENT_BITS = 0x3fff;

/** NOP, NOP, a timestamp of ten bytes: all the options that most TCP segments have, and none that connection tracking looks at. */
const TIMESTAMP = 0x0101080a;
const TIMESTAMP_BYTES = 12;

/** In `flags` beside those of TCP: the segment has options that must be read. */
export const HAS_OPTIONS = 0x100;

/** The lowest time to live that is not used up in transit. */
const LEAST_TTL = 2;

/**
 * What most packets of a capture are: whole IPv4 datagrams of TCP or UDP without IP options, sound in every way, between ordinary addresses. Each field
 * is an array with a place for each of `MOST_PLAIN` packets.
 *
 * Numbers of 32 bits are signed.
 */
export class PlainPackets {
  readonly protocol: Uint8Array = new Uint8Array(MOST_PLAIN);
  readonly source: Int32Array = new Int32Array(MOST_PLAIN);
  readonly destination: Int32Array = new Int32Array(MOST_PLAIN);
  readonly sourcePort: Uint16Array = new Uint16Array(MOST_PLAIN);
  readonly destinationPort: Uint16Array = new Uint16Array(MOST_PLAIN);
  /** Of TCP alone, as is what follows; flags with HAS_OPTIONS. */
  readonly flags: Uint16Array = new Uint16Array(MOST_PLAIN);
  readonly sequence: Int32Array = new Int32Array(MOST_PLAIN);
  readonly acknowledgement: Int32Array = new Int32Array(MOST_PLAIN);
  readonly window: Uint16Array = new Uint16Array(MOST_PLAIN);
  readonly payloadBytes: Uint16Array = new Uint16Array(MOST_PLAIN);

  /**
   * Reads the datagram that begins at `start`, of which bytes are there up to `end`, into a place. `checked`: bits of CHECKED. False for one that
   * is not plain; then what stands in the place means nothing. HOT
   */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over the headers, for every packet
  read(place: number, bytes: Uint8Array, start: number, end: number, checked: number): boolean {
    if (end - start < IPV4_HEADER_BYTES + UDP_HEADER_BYTES) return false;
    if (bytes[start] !== VERSION_AND_LENGTH || bytes[start + 8]! < LEAST_TTL) return false;
    const total = get16(bytes, start + 2);
    if (total > end - start || total < IPV4_HEADER_BYTES + UDP_HEADER_BYTES) return false;
    if ((get16(bytes, start + 6) & FRAGMENT_BITS) !== 0) return false;
    if (!isOrdinary(bytes[start + 12]!) || !isOrdinary(bytes[start + 16]!)) return false;
    const source = get32(bytes, start + 12) | 0;
    const destination = get32(bytes, start + 16) | 0;
    if (source === destination) return false;
    const transport = start + IPV4_HEADER_BYTES;
    const length = total - IPV4_HEADER_BYTES;
    const protocol = bytes[start + 9]!;
    if (protocol === IP_PROTOCOL.tcp) {
      if (!this.#readTcp(place, bytes, transport, length)) return false;
    } else if (protocol !== IP_PROTOCOL.udp || get16(bytes, transport + 4) !== length) return false;
    if ((checked & CHECKED.header) !== 0) {
      if (!isFolded(sumWords(bytes, start, transport))) return false;
    }
    if ((checked & CHECKED.transport) !== 0) {
      // A UDP packet may do without.
      const isOpen = protocol === IP_PROTOCOL.udp && get16(bytes, transport + 6) === 0;
      // Addresses and segment are one run of words.
      const sum = isOpen ? 0xffff : sumWords(bytes, start + 12, start + total) + protocol + length;
      if (!isFolded(sum)) return false;
    }
    this.protocol[place] = protocol;
    this.source[place] = source;
    this.destination[place] = destination;
    this.sourcePort[place] = get16(bytes, transport);
    this.destinationPort[place] = get16(bytes, transport + 2);
    return true;
  }

  /** HOT */
  #readTcp(place: number, bytes: Uint8Array, at: number, length: number): boolean {
    const headerBytes = (bytes[at + 12]! >>> 4) * 4;
    if (headerBytes < TCP_HEADER_BYTES || headerBytes > length) return false;
    let flags = bytes[at + 13]!;
    if (headerBytes > TCP_HEADER_BYTES) {
      const isTimestamp =
        headerBytes === TCP_HEADER_BYTES + TIMESTAMP_BYTES &&
        get32(bytes, at + TCP_HEADER_BYTES) === TIMESTAMP;
      if (!isTimestamp) flags |= HAS_OPTIONS;
    }
    this.flags[place] = flags;
    this.sequence[place] = get32(bytes, at + 4);
    this.acknowledgement[place] = get32(bytes, at + 8);
    this.window[place] = get16(bytes, at + 14);
    this.payloadBytes[place] = length - headerBytes;
    return true;
  }
}

/** The first byte of an address that routing treats by its tables alone: not of 0/8, 127/8, or 224/3. HOT */
function isOrdinary(firstByte: number): boolean {
  return firstByte !== 0 && firstByte !== 127 && firstByte < 224;
}

/** Whether a sum of words that includes its checksum is right. HOT */
function isFolded(sum: number): boolean {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16) === 0xffff;
}
