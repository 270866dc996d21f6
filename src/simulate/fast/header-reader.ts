import { type IpAddress, type IpFamily, ipv4 } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import { decodeTcp, emptyTcpWireFacts } from '../../packet/decode-tcp.ts';
import { get16, get32 } from '../../packet/header-bytes.ts';
import type { IpHeader } from '../../packet/ip-header.ts';
import type { ConnectionState, Packet } from '../../packet/packet.ts';
import { TCP_HEADER_BYTES } from '../../packet/tcp.ts';
import { UDP_HEADER_BYTES } from '../../packet/udp.ts';
import type { TcpWireFacts, WireFacts } from '../../packet/wire-facts.ts';
import { icmpKind, invertedIcmpKey, isTrackedIcmp } from '../conntrack/icmp-types.ts';
import { FlowHeaders } from './flow-headers.ts';
import { OFFERS_SACK, PLAIN } from './plain-layout.ts';

const ICMP_HEADER_BYTES = 8;

/** A packet that is filled anew: fields that hold numbers of 32 bits from the start can be set without allocating. */
class ReadPacket implements Packet {
  readonly in: string | undefined = undefined;
  family: IpFamily = 4;
  readonly protocol = 0;
  readonly source: IpAddress = ipv4(0);
  readonly destination: IpAddress = ipv4(0);
  readonly sourcePort = 0;
  readonly destinationPort = 0;
  tcpFlags = 0;
  tcpSequence: number = 2 ** 32 - 1;
  tcpAcknowledgement: number = 2 ** 32 - 1;
  icmpType = 0;
  readonly icmpCode = 0;
  readonly icmpId = 0;
  readonly quoted: Packet | undefined = undefined;
  readonly sctpChunk: string | undefined = undefined;
  readonly mac: string | undefined = undefined;
  readonly ttl = 0;
  readonly tos = 0;
  readonly length: number | undefined = undefined;
  readonly mark = 0;
  readonly state: ConnectionState | undefined = undefined;
  readonly uid: number | undefined = undefined;
  readonly gid: number | undefined = undefined;
  readonly timeSeconds: number | undefined = undefined;
  readonly wire: WireFacts;

  constructor(wire: WireFacts) {
    this.wire = wire;
  }
}

/** Reads from a packet's bytes what the fast evaluator must know. One object of each kind, filled anew for every packet. */
export class HeaderReader {
  readonly headers: FlowHeaders = new FlowHeaders();
  /** What connection tracking looks at: TCP's flags and numbers, or ICMP's type. Everything else of it means nothing. */
  readonly packet: Packet;
  readonly #tcp: TcpWireFacts = emptyTcpWireFacts();
  readonly #packet: ReadPacket;

  constructor() {
    this.#packet = new ReadPacket({ unsound: undefined, isCutShort: false, tcp: this.#tcp });
    this.packet = this.#packet;
  }

  /**
   * Reads a datagram whose bytes are there up to `end`; false for one that is not a sound TCP or UDP packet, or ICMP query or answer,
   * between ordinary addresses. HOT
   */
  read(bytes: Uint8Array, header: IpHeader, end: number): boolean {
    const { headers } = this;
    const { protocol, family, transport, datagramEnd } = header;
    const there = (end < datagramEnd ? end : datagramEnd) - transport;
    headers.protocol = protocol;
    headers.family = family;
    if (protocol === IP_PROTOCOL.tcp) {
      if (there < TCP_HEADER_BYTES || !this.#readTcp(bytes, transport, end, datagramEnd)) {
        return false;
      }
    } else if (protocol === IP_PROTOCOL.udp) {
      if (there < UDP_HEADER_BYTES) return false;
      const length = get16(bytes, transport + 4);
      if (length < UDP_HEADER_BYTES || length > datagramEnd - transport) return false;
      this.#readPorts(bytes, transport);
    } else if (!isTrackedIcmp(family, protocol) || there < ICMP_HEADER_BYTES) return false;
    else if (!this.#readIcmp(bytes, transport)) return false;
    return family === 4 ? this.#readIpv4(bytes, header) : this.#readIpv6(bytes, header);
  }

  /** The same from the plain packet at a word, which has a hash and no options that were not read. HOT */
  readPlain(packet: Int32Array, from: number): void {
    const { headers } = this;
    const protocol = packet[from + PLAIN.kind]! >>> 8;
    const ports = packet[from + PLAIN.ports]!;
    headers.family = 4;
    headers.protocol = protocol;
    headers.s0 = 0;
    headers.s1 = 0;
    headers.s2 = 0;
    headers.s3 = packet[from + PLAIN.source]!;
    headers.d0 = 0;
    headers.d1 = 0;
    headers.d2 = 0;
    headers.d3 = packet[from + PLAIN.destination]!;
    headers.sourceKey = ports >>> 16;
    headers.destinationKey = ports & 0xffff;
    headers.replySourceKey = headers.destinationKey;
    headers.replyDestinationKey = headers.sourceKey;
    headers.hash = packet[from + PLAIN.hash]!;
    if (protocol !== IP_PROTOCOL.tcp) return;
    const read = this.#packet;
    read.tcpFlags = packet[from + PLAIN.flags]!;
    read.tcpSequence = packet[from + PLAIN.sequence]! >>> 0;
    read.tcpAcknowledgement = packet[from + PLAIN.acknowledgement]! >>> 0;
    const tcp = this.#tcp;
    tcp.window = packet[from + PLAIN.window]!;
    const options = packet[from + PLAIN.options]!;
    tcp.windowScale = (options & (OFFERS_SACK - 1)) - 1;
    tcp.sackPermitted = (options & OFFERS_SACK) !== 0;
    tcp.hasSack = false;
    tcp.sackHighest = 0;
    tcp.payloadBytes = packet[from + PLAIN.payloadBytes]!;
  }

  /** HOT */
  #readTcp(bytes: Uint8Array, at: number, end: number, segmentEnd: number): boolean {
    const headerBytes = (bytes[at + 12]! >>> 4) * 4;
    const headerEnd = at + headerBytes;
    if (headerBytes < TCP_HEADER_BYTES || headerEnd > segmentEnd || headerEnd > end) return false;
    const packet = this.#packet;
    packet.tcpSequence = get32(bytes, at + 4);
    packet.tcpAcknowledgement = get32(bytes, at + 8);
    packet.tcpFlags = bytes[at + 13]!;
    decodeTcp(bytes, at, end, segmentEnd, this.#tcp);
    this.#readPorts(bytes, at);
    return true;
  }

  /** HOT */
  #readPorts(bytes: Uint8Array, at: number): void {
    const { headers } = this;
    const source = get16(bytes, at);
    const destination = get16(bytes, at + 2);
    headers.sourceKey = source;
    headers.destinationKey = destination;
    headers.replySourceKey = destination;
    headers.replyDestinationKey = source;
  }

  #readIcmp(bytes: Uint8Array, at: number): boolean {
    const { headers } = this;
    const type = bytes[at]!;
    const kind = icmpKind(headers.family, type);
    if (kind !== 'query' && kind !== 'answer') return false;
    this.#packet.family = headers.family;
    this.#packet.icmpType = type;
    headers.sourceKey = get16(bytes, at + 4);
    headers.destinationKey = (type << 8) | bytes[at + 1]!;
    headers.replySourceKey = headers.sourceKey;
    headers.replyDestinationKey = invertedIcmpKey(headers.family, headers.destinationKey);
    return true;
  }

  /** HOT */
  #readIpv4(bytes: Uint8Array, { source, destination }: IpHeader): boolean {
    const { headers } = this;
    headers.s0 = 0;
    headers.s1 = 0;
    headers.s2 = 0;
    headers.s3 = word(bytes, source);
    headers.d0 = 0;
    headers.d1 = 0;
    headers.d2 = 0;
    headers.d3 = word(bytes, destination);
    return (
      isOrdinary4(headers.s3 >>> 24) && isOrdinary4(headers.d3 >>> 24) && headers.s3 !== headers.d3
    );
  }

  #readIpv6(bytes: Uint8Array, { source, destination }: IpHeader): boolean {
    const { headers } = this;
    headers.s0 = word(bytes, source);
    headers.s1 = word(bytes, source + 4);
    headers.s2 = word(bytes, source + 8);
    headers.s3 = word(bytes, source + 12);
    headers.d0 = word(bytes, destination);
    headers.d1 = word(bytes, destination + 4);
    headers.d2 = word(bytes, destination + 8);
    headers.d3 = word(bytes, destination + 12);
    if (!isOrdinary6(headers.s0, headers.s1) || !isOrdinary6(headers.d0, headers.d1)) return false;
    return (
      headers.s3 !== headers.d3 ||
      headers.s2 !== headers.d2 ||
      headers.s1 !== headers.d1 ||
      headers.s0 !== headers.d0
    );
  }
}

/** Of none of the special blocks that `routedBlocks` names: what routing treats by its tables alone. HOT */
function isOrdinary4(firstByte: number): boolean {
  return firstByte !== 0 && firstByte !== 127 && firstByte < 224;
}

/** The same of IPv6. HOT */
function isOrdinary6(w0: number, w1: number): boolean {
  return (w0 | w1) !== 0 && w0 >>> 22 !== 0x3fa && w0 >>> 24 !== 0xff;
}

/** A signed 32-bit number. HOT */
function word(bytes: Uint8Array, at: number): number {
  return (get16(bytes, at) << 16) | get16(bytes, at + 2);
}
