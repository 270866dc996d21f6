import { LINK_TYPE, linkTypeName } from './link-type.ts';

/** Which way a Linux cooked capture says that a packet went. */
export const COOKED = {
  none: -1,
  toUs: 0,
  broadcast: 1,
  multicast: 2,
  toOthers: 3,
  sent: 4,
} as const;

const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeDiscovery: 0x8863,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  lldp: 0x88cc,
  oldServiceVlan: 0x9100,
} as const;

const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

/** Tags and labels that are followed before a frame counts as nonsense. */
const MOST_TAGS = 16;

/** The smallest value of the type field that is a type; below, it is a length. */
const FIRST_ETHERTYPE = 0x600;

const NAMES: ReadonlyMap<number, string> = new Map([
  [ETHERTYPE.arp, 'ARP'],
  [ETHERTYPE.rarp, 'RARP'],
  [ETHERTYPE.lldp, 'LLDP'],
  [ETHERTYPE.pppoeDiscovery, 'PPPoE discovery'],
  [0x888e, 'EAPOL'],
  [0x8809, 'LACP'],
  [0x88f7, 'PTP'],
  [0x88e5, 'MACsec'],
  [0x9000, 'Ethernet loopback test'],
]);

/**
 * What the link layer says of a packet, and where IP begins in it. One object, filled anew for every packet.
 */
export class LinkLayer {
  /** Where the IP header begins; -1 when the frame holds none, and `notIp` says why. */
  start = -1;
  notIp = '';
  /** Where the destination and source MAC address stand; -1 where there are none. */
  destinationMac = -1;
  sourceMac = -1;
  /** Of a cooked capture; one of COOKED. */
  cooked: number = COOKED.none;
  /** Of LINUX_SLL2: the index of the interface on the machine that captured; 0 elsewhere. */
  interfaceIndex = 0;
  /** The outermost VLAN that tags the frame; -1 without. */
  vlan = -1;

  /** Finds IP in `bytes` from `at` to `end`, a packet of a link type that is read. HOT */
  read(bytes: Uint8Array, at: number, end: number, linkType: number): void {
    this.start = -1;
    this.destinationMac = -1;
    this.sourceMac = -1;
    this.cooked = COOKED.none;
    this.interfaceIndex = 0;
    this.vlan = -1;
    switch (linkType) {
      case LINK_TYPE.ethernet:
        this.#readEthernet(bytes, at, end);
        return;
      case LINK_TYPE.linuxCooked:
        this.#readCooked(bytes, at, end);
        return;
      case LINK_TYPE.linuxCooked2:
        this.#readCooked2(bytes, at, end);
        return;
      case LINK_TYPE.null:
      case LINK_TYPE.loop:
        this.#readLoopback(bytes, at, end);
        return;
      default:
        this.#readRaw(at, end, linkType);
    }
  }

  #readEthernet(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 14) {
      this.notIp = 'frame shorter than its header';
      return;
    }
    this.destinationMac = at;
    this.sourceMac = at + 6;
    this.#readType(bytes, at + 14, end, (bytes[at + 12]! << 8) | bytes[at + 13]!);
  }

  #readCooked(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 16) {
      this.notIp = 'frame shorter than its header';
      return;
    }
    this.cooked = (bytes[at]! << 8) | bytes[at + 1]!;
    const addressLength = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    if (addressLength === 6) this.sourceMac = at + 6;
    this.#readType(bytes, at + 16, end, (bytes[at + 14]! << 8) | bytes[at + 15]!);
  }

  #readCooked2(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 20) {
      this.notIp = 'frame shorter than its header';
      return;
    }
    this.interfaceIndex = word(bytes, at + 4);
    this.cooked = bytes[at + 10]!;
    if (bytes[at + 11] === 6) this.sourceMac = at + 12;
    this.#readType(bytes, at + 20, end, (bytes[at]! << 8) | bytes[at + 1]!);
  }

  /** The address family before the packet is of the machine that captured, in its byte order with NULL: either is taken. */
  #readLoopback(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 4) {
      this.notIp = 'frame shorter than its header';
      return;
    }
    const number = word(bytes, at);
    const family = number > 0xffff ? bytes[at]! | (bytes[at + 1]! << 8) : number;
    // AF_INET everywhere; AF_INET6 of Linux, NetBSD, FreeBSD and Darwin.
    if (family === 2 || family === 10 || family === 24 || family === 28 || family === 30) {
      this.start = at + 4;
    } else this.notIp = `address family ${family}`;
  }

  #readRaw(at: number, end: number, linkType: number): void {
    if (end > at) this.start = at;
    else this.notIp = `empty packet of ${linkTypeName(linkType)}`;
  }

  /** Follows tags and labels from a type field to IP. HOT */
  #readType(bytes: Uint8Array, at: number, end: number, given: number): void {
    let offset = at;
    let type = given;
    for (let tags = 0; ; tags++) {
      if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) {
        this.start = offset;
        return;
      }
      const isVlan =
        type === ETHERTYPE.vlan ||
        type === ETHERTYPE.serviceVlan ||
        type === ETHERTYPE.oldServiceVlan;
      if (!isVlan || tags === MOST_TAGS) break;
      if (end - offset < 4) {
        this.notIp = 'frame that ends in a VLAN tag';
        return;
      }
      if (this.vlan < 0) this.vlan = ((bytes[offset]! & 0x0f) << 8) | bytes[offset + 1]!;
      type = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
      offset += 4;
    }
    this.#readOther(bytes, offset, end, type);
  }

  #readOther(bytes: Uint8Array, at: number, end: number, type: number): void {
    if (type === ETHERTYPE.mpls || type === ETHERTYPE.mplsMulticast) {
      this.#readMpls(bytes, at, end);
    } else if (type === ETHERTYPE.pppoeSession) this.#readPppoe(bytes, at, end);
    else if (type < FIRST_ETHERTYPE) this.#readLlc(bytes, at, end);
    else this.notIp = NAMES.get(type) ?? `EtherType 0x${type.toString(16).padStart(4, '0')}`;
  }

  /** What stands below the last label is told by its first half byte alone. Source: RFC 3032, RFC 4928. */
  #readMpls(bytes: Uint8Array, at: number, end: number): void {
    let offset = at;
    for (let labels = 0; labels < MOST_TAGS && end - offset >= 4; labels++) {
      const isLast = (bytes[offset + 2]! & 1) !== 0;
      offset += 4;
      if (!isLast) continue;
      const version = end > offset ? bytes[offset]! >>> 4 : 0;
      if (version === 4 || version === 6) this.start = offset;
      else this.notIp = 'MPLS that carries no IP';
      return;
    }
    this.notIp = 'MPLS without a last label';
  }

  #readPppoe(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 8) {
      this.notIp = 'frame that ends in a PPPoE header';
      return;
    }
    const first = bytes[at + 6]!;
    // A protocol number below 256 may be written as one byte; those are odd.
    const isShort = (first & 1) !== 0;
    const protocol = isShort ? first : (first << 8) | bytes[at + 7]!;
    if (protocol === PPP_IPV4 || protocol === PPP_IPV6) this.start = at + (isShort ? 7 : 8);
    else this.notIp = `PPP protocol 0x${protocol.toString(16).padStart(4, '0')}`;
  }

  /** IEEE 802.2, with SNAP a type of Ethernet behind it. */
  #readLlc(bytes: Uint8Array, at: number, end: number): void {
    const isSnap = end - at >= 8 && bytes[at] === 0xaa && bytes[at + 1] === 0xaa;
    const isEncapsulated =
      isSnap && bytes[at + 3] === 0 && bytes[at + 4] === 0 && bytes[at + 5] === 0;
    if (isEncapsulated) {
      const type = (bytes[at + 6]! << 8) | bytes[at + 7]!;
      if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) {
        this.start = at + 8;
        return;
      }
      this.notIp = NAMES.get(type) ?? `EtherType 0x${type.toString(16).padStart(4, '0')}`;
      return;
    }
    this.notIp =
      end - at >= 2 && bytes[at] === 0x42 && bytes[at + 1] === 0x42 ? 'STP' : '802.2 LLC';
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
