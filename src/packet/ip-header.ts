import type { IpFamily } from '../address/ip-address.ts';
import { get16 } from './header-bytes.ts';
import { IPV4_HEADER_BYTES } from './ipv4.ts';
import { IPV6_HEADER_BYTES } from './ipv6.ts';

/** What reading an IP header came to. */
export const IP_READ = {
  /** A whole datagram. */
  sound: 0,
  fragment: 1,
  /** The kernel drops it before any rule; `reason` says why. */
  refused: 2,
  /** What decides is not in the capture; `reason` says what. */
  unknown: 3,
} as const;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

const OPTION_END = 0;
const OPTION_NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/** Extension headers that are followed; the kernel knows no bound but the packet's length. */
const MOST_EXTENSIONS = 256;

/** The IP header of one packet. One object, filled anew for every packet. */
export class IpHeader {
  family: IpFamily = 4;
  /** Of what follows all extension headers. */
  protocol = 0;
  /** Where that begins. */
  transport = 0;
  /** One past the datagram's last byte, by the header's own length; padding of the frame is behind it. */
  datagramEnd = 0;
  ttl = 0;
  tos = 0;
  /** Where source and destination stand. */
  source = 0;
  destination = 0;
  /** Only of a fragment: its place in bytes, and what it shares with the others of its datagram. */
  fragmentOffset = 0;
  moreFragments = false;
  identification = 0;
  /** IPv6: where the fragment header stands. */
  fragmentHeader = 0;
  reason = '';

  /**
   * Reads the header at `start`. Bytes are there up to `end`, and were on the wire up to `wireEnd`. `isSent`: a process of the host sends the
   * packet, and the network card is to fill in what is missing. One of IP_READ.
   *
   * Source: net/ipv4/ip_input.c, ip_rcv_core; net/ipv6/ip6_input.c, ip6_rcv_core (Linux 6.18). HOT
   */
  read(bytes: Uint8Array, start: number, end: number, wireEnd: number, isSent: boolean): number {
    const version = end > start ? bytes[start]! >>> 4 : 0;
    if (version === 4) return this.#read4(bytes, start, end, wireEnd, isSent);
    if (version === 6) return this.#read6(bytes, start, end, wireEnd);
    return this.#refuse(end > start ? `IP version ${version}` : 'no IP header');
  }

  /** HOT */
  #read4(bytes: Uint8Array, start: number, end: number, wireEnd: number, isSent: boolean): number {
    this.family = 4;
    if (wireEnd - start < IPV4_HEADER_BYTES) return this.#refuse('shorter than an IPv4 header');
    if (end - start < IPV4_HEADER_BYTES) return this.#lack('IPv4 header');
    const headerBytes = (bytes[start]! & 15) * 4;
    let total = get16(bytes, start + 2);
    // A card that cuts large packets apart also fills in their length.
    if (total === 0 && isSent) total = wireEnd - start;
    if (headerBytes < IPV4_HEADER_BYTES) return this.#refuse('IPv4 header length below 20');
    if (total < headerBytes) return this.#refuse('IPv4 total length below the header');
    if (total > wireEnd - start) return this.#refuse('IPv4 total length beyond the frame');
    this.datagramEnd = start + total;
    this.transport = start + headerBytes;
    this.protocol = bytes[start + 9]!;
    this.ttl = bytes[start + 8]!;
    this.tos = bytes[start + 1]!;
    this.source = start + 12;
    this.destination = start + 16;
    if (end < this.transport) return this.#lack('IPv4 options');
    if (headerBytes > IPV4_HEADER_BYTES) {
      const read = this.#readOptions(bytes, start + IPV4_HEADER_BYTES, this.transport);
      if (read !== IP_READ.sound) return read;
    }
    const fragment = get16(bytes, start + 6);
    if ((fragment & 0x3fff) === 0) return IP_READ.sound;
    this.fragmentOffset = (fragment & 0x1fff) * 8;
    this.moreFragments = (fragment & 0x2000) !== 0;
    this.identification = get16(bytes, start + 4);
    return IP_READ.fragment;
  }

  #readOptions(bytes: Uint8Array, from: number, to: number): number {
    for (let i = from; i < to; ) {
      const option = bytes[i]!;
      if (option === OPTION_END) break;
      if (option === OPTION_NO_OPERATION) {
        i++;
        continue;
      }
      const length = i + 1 < to ? bytes[i + 1]! : 0;
      if (length < 2 || i + length > to) return this.#leaveOpen('an IPv4 option of a wrong length');
      if (option === LOOSE_SOURCE_ROUTE || option === STRICT_SOURCE_ROUTE) {
        return this.#leaveOpen('a source route in the IPv4 options');
      }
      i += length;
    }
    return IP_READ.sound;
  }

  #read6(bytes: Uint8Array, start: number, end: number, wireEnd: number): number {
    this.family = 6;
    if (wireEnd - start < IPV6_HEADER_BYTES) return this.#refuse('shorter than an IPv6 header');
    if (end - start < IPV6_HEADER_BYTES) return this.#lack('IPv6 header');
    const payload = get16(bytes, start + 4);
    const next = bytes[start + 6]!;
    if (payload === 0 && next === HOP_BY_HOP) return this.#leaveOpen('an IPv6 jumbo payload');
    if (payload > wireEnd - start - IPV6_HEADER_BYTES) {
      return this.#refuse('IPv6 payload length beyond the frame');
    }
    this.datagramEnd = start + IPV6_HEADER_BYTES + payload;
    this.ttl = bytes[start + 7]!;
    this.tos = ((bytes[start]! << 4) | (bytes[start + 1]! >>> 4)) & 0xff;
    this.source = start + 8;
    this.destination = start + 24;
    return this.readExtensions(bytes, start + IPV6_HEADER_BYTES, end, next);
  }

  /** Follows IPv6 extension headers from `at`, whose first is of type `next`, to what they lead to or to a fragment. */
  readExtensions(bytes: Uint8Array, at: number, end: number, next: number): number {
    let offset = at;
    let type = next;
    for (let i = 0; i < MOST_EXTENSIONS && isExtension(type); i++) {
      if (offset + 8 > this.datagramEnd) return this.#refuse('IPv6 extension header cut short');
      if (offset + 8 > end) return this.#lack('IPv6 extension headers');
      if (type === FRAGMENT) {
        const read = this.#readFragment(bytes, offset);
        if (read === IP_READ.fragment) return read;
        type = bytes[offset]!;
        offset += 8;
        continue;
      }
      const words = bytes[offset + 1]!;
      const length = type === AUTHENTICATION ? (words + 2) * 4 : (words + 1) * 8;
      type = bytes[offset]!;
      offset += length;
    }
    if (offset > this.datagramEnd) return this.#refuse('IPv6 extension header cut short');
    this.protocol = type;
    this.transport = offset;
    return IP_READ.sound;
  }

  #readFragment(bytes: Uint8Array, at: number): number {
    const field = get16(bytes, at + 2);
    // Alone and whole, it is no fragment at all (RFC 6946).
    if ((field & 0xfff9) === 0) return IP_READ.sound;
    this.fragmentOffset = field & 0xfff8;
    this.moreFragments = (field & 1) !== 0;
    this.identification = ((get16(bytes, at + 4) << 16) | get16(bytes, at + 6)) >>> 0;
    this.fragmentHeader = at;
    this.protocol = bytes[at]!;
    this.transport = at + 8;
    return IP_READ.fragment;
  }

  #refuse(reason: string): number {
    this.reason = reason;
    return IP_READ.refused;
  }

  #lack(what: string): number {
    this.reason = `the capture cut the packet within its ${what}`;
    return IP_READ.unknown;
  }

  #leaveOpen(what: string): number {
    this.reason = `what the host does with ${what} is not modelled`;
    return IP_READ.unknown;
  }
}

function isExtension(type: number): boolean {
  return (
    type === HOP_BY_HOP ||
    type === ROUTING ||
    type === FRAGMENT ||
    type === AUTHENTICATION ||
    type === DESTINATION_OPTIONS
  );
}
