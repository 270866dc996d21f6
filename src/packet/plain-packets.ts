import { IP_PROTOCOL } from '../address/protocol.ts';
import { IPV4_HEADER_BYTES } from './ipv4.ts';
import { TCP_HEADER_BYTES } from './tcp.ts';
import { UDP_HEADER_BYTES } from './udp.ts';

/** As many as are kept together: what they and their connections take stays in the processor's cache. */
export const MOST_PLAIN = 128;

/** Which checksums of a packet must be right for it to be plain. */
export const CHECKED = { none: 0, header: 1, transport: 2 } as const;

/** Words that a packet takes, one line of the processor's cache, and what stands in each of the first; the rest is for whoever keeps them. */
export const PLAIN_WORDS = 16;
export const PLAIN = {
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port. */
  ports: 2,
  /** Protocol << 8 | 4. */
  kind: 3,
  /** Of TCP alone, as is what follows; with HAS_OPTIONS. */
  flags: 4,
  sequence: 5,
  acknowledgement: 6,
  window: 7,
  payloadBytes: 8,
  /** Set by whoever looks flows up by it. */
  hash: 9,
  /** The first of those that `read` leaves alone. */
  others: 10,
} as const;

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
 * What most packets of a capture are: whole IPv4 datagrams of TCP or UDP without IP options, sound in every way, between ordinary addresses. There
 * are `MOST_PLAIN` places of `PLAIN_WORDS` words each.
 */
export class PlainPackets {
  readonly words: Int32Array = new Int32Array(MOST_PLAIN * PLAIN_WORDS);
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);

  /**
   * Reads the datagram that begins at `start`, of which bytes are there up to `end`, into a place. `checked`: bits of CHECKED. False for one that
   * is not plain; then what stands in the place means nothing. HOT
   */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over the headers, for every packet
  read(place: number, bytes: Uint8Array, start: number, end: number, checked: number): boolean {
    if (end - start < IPV4_HEADER_BYTES + UDP_HEADER_BYTES) return false;
    if (bytes !== this.#bytes) this.#look(bytes);
    const view = this.#view;
    const first = view.getInt32(start);
    const second = view.getInt32(start + 4);
    const third = view.getInt32(start + 8);
    const total = first & 0xffff;
    if (first >>> 24 !== VERSION_AND_LENGTH || (second & FRAGMENT_BITS) !== 0) return false;
    if (third >>> 24 < LEAST_TTL || total > end - start) return false;
    const source = view.getInt32(start + 12);
    const destination = view.getInt32(start + 16);
    if (!isOrdinary(source >>> 24) || !isOrdinary(destination >>> 24)) return false;
    if (source === destination) return false;
    const protocol = (third >>> 16) & 255;
    const transport = start + IPV4_HEADER_BYTES;
    const length = total - IPV4_HEADER_BYTES;
    if (protocol === IP_PROTOCOL.tcp) {
      if (length < TCP_HEADER_BYTES || !this.#readTcp(place, transport, length)) return false;
    } else if (
      protocol !== IP_PROTOCOL.udp ||
      length < UDP_HEADER_BYTES ||
      view.getUint16(transport + 4) !== length
    ) {
      return false;
    }
    const addresses = halves(source) + halves(destination);
    if ((checked & CHECKED.header) !== 0) {
      if (!isWhole(halves(first) + halves(second) + halves(third) + addresses)) return false;
    }
    if ((checked & CHECKED.transport) !== 0) {
      // A UDP packet may do without.
      const isOpen = protocol === IP_PROTOCOL.udp && view.getUint16(transport + 6) === 0;
      const pseudo = addresses + protocol + length;
      if (!isOpen && !isWhole(pseudo + sumWords(view, transport, start + total))) return false;
    }
    const { words } = this;
    const at = place * PLAIN_WORDS;
    words[at + PLAIN.source] = source;
    words[at + PLAIN.destination] = destination;
    words[at + PLAIN.ports] = view.getInt32(transport);
    words[at + PLAIN.kind] = (protocol << 8) | 4;
    return true;
  }

  /** HOT */
  #readTcp(place: number, transport: number, length: number): boolean {
    const view = this.#view;
    const fourth = view.getInt32(transport + 12);
    const headerBytes = (fourth >>> 28) * 4;
    if (headerBytes < TCP_HEADER_BYTES || headerBytes > length) return false;
    let flags = (fourth >>> 16) & 255;
    if (headerBytes > TCP_HEADER_BYTES) {
      const isTimestamp =
        headerBytes === TCP_HEADER_BYTES + TIMESTAMP_BYTES &&
        view.getInt32(transport + TCP_HEADER_BYTES) === TIMESTAMP;
      if (!isTimestamp) flags |= HAS_OPTIONS;
    }
    const { words } = this;
    const at = place * PLAIN_WORDS;
    words[at + PLAIN.flags] = flags;
    words[at + PLAIN.sequence] = view.getInt32(transport + 4);
    words[at + PLAIN.acknowledgement] = view.getInt32(transport + 8);
    words[at + PLAIN.window] = fourth & 0xffff;
    words[at + PLAIN.payloadBytes] = length - headerBytes;
    return true;
  }

  /** Several packets lie in the same bytes, one after the other. */
  #look(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** The first byte of an address that routing treats by its tables alone: not of 0/8, 127/8, or 224/3. HOT */
function isOrdinary(firstByte: number): boolean {
  return firstByte !== 0 && firstByte !== 127 && firstByte < 224;
}

/** HOT */
function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/** The sum of 16-bit words, folded once; an odd last byte is a word's upper half. HOT */
function sumWords(view: DataView, start: number, end: number): number {
  let upper = 0;
  let lower = 0;
  let i = start;
  // No datagram is so long that these overflow.
  for (const last = end - 3; i < last; i += 4) {
    const word = view.getInt32(i);
    upper = (upper + (word >>> 16)) | 0;
    lower = (lower + (word & 0xffff)) | 0;
  }
  let sum = halves(upper) + halves(lower);
  if (i + 1 < end) {
    sum += view.getUint16(i);
    i += 2;
  }
  return i < end ? sum + (view.getUint8(i) << 8) : sum;
}

/** Whether a sum of words that includes its checksum is right. HOT */
function isWhole(sum: number): boolean {
  return halves(halves(sum)) === 0xffff;
}
