import type { IpFamily } from '../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import { decodeQuoted } from './decode-quoted.ts';
import { decodeSctpChunk } from './decode-sctp.ts';
import { decodeTcp, emptyTcpWireFacts } from './decode-tcp.ts';
import { get16, get32, getIpv4, getIpv6 } from './header-bytes.ts';
import type { IpHeader } from './ip-header.ts';
import { IPV4_ADDRESSES } from './ipv4.ts';
import { IPV6_ADDRESSES, IPV6_HEADER_BYTES } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { hasIcmpId } from './packet-defaults.ts';
import { SCTP_HEADER_BYTES } from './sctp.ts';
import { TCP_HEADER_BYTES } from './tcp.ts';
import { DCCP_HEADER_BYTES, UDP_HEADER_BYTES } from './udp.ts';
import type { TcpWireFacts } from './wire-facts.ts';

/** What is known of a packet beside its bytes. */
export interface Arrival {
  /** An interface, or `local`. */
  readonly in: string;
  readonly mac: string | undefined;
  readonly timeSeconds: number;
  /** The checksum was looked at and is wrong. */
  readonly isChecksumWrong: boolean;
}

/** A packet, or what of it the capture lacks. */
export type DecodedPacket =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a transport header comes to; the fields of `Packet` that it fills. */
interface Transport {
  sourcePort: number;
  destinationPort: number;
  tcpFlags: number;
  tcpSequence: number | undefined;
  tcpAcknowledgement: number | undefined;
  icmpType: number;
  icmpCode: number;
  icmpId: number;
  quoted: Packet | undefined;
  sctpChunk: string | undefined;
  unsound: string | undefined;
  isCutShort: boolean;
  tcp: TcpWireFacts | undefined;
}

/**
 * Makes a packet of its bytes: whole, with a sound IP header. Bytes are there up to `end`.
 *
 * What is wrong behind the IP header makes the packet unsound (netfilter-facts 3.2), and one that ends within its transport header bears
 * ports of 0.
 */
export function decodePacket(
  bytes: Uint8Array,
  header: IpHeader,
  end: number,
  arrival: Arrival,
): DecodedPacket {
  const { family, protocol, datagramEnd } = header;
  const read = readTransport(bytes, header, Math.min(end, datagramEnd));
  if (typeof read === 'string') return { kind: 'unknown', reason: read };
  const { unsound, isCutShort, tcp, ...fields } = read;
  const address = family === 4 ? getIpv4 : getIpv6;
  const start = header.source - (family === 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES).start;
  return {
    kind: 'packet',
    packet: {
      in: arrival.in,
      family,
      protocol,
      source: address(bytes, header.source),
      destination: address(bytes, header.destination),
      ...fields,
      mac: arrival.mac,
      ttl: header.ttl,
      tos: header.tos,
      length: datagramEnd - start,
      mark: 0,
      state: undefined,
      uid: undefined,
      gid: undefined,
      timeSeconds: arrival.timeSeconds,
      wire: {
        unsound: unsound ?? (arrival.isChecksumWrong ? 'wrong checksum' : undefined),
        isCutShort,
        hasExtensions: family === 6 && header.transport !== start + IPV6_HEADER_BYTES,
        tcp,
      },
    },
  };
}

function readTransport(bytes: Uint8Array, header: IpHeader, end: number): Transport | string {
  const { family, protocol, transport: at, datagramEnd } = header;
  const into = noTransport();
  const lengthBytes = datagramEnd - at;
  const needed = neededBytes(protocol, family);
  const there = end - at;
  if (there < Math.min(needed.told, lengthBytes)) {
    return `the capture cut the packet within its ${needed.name}`;
  }
  if (lengthBytes < needed.whole) into.unsound = `it ends within its ${needed.name}`;
  if (lengthBytes < needed.told) {
    into.isCutShort = true;
    return into;
  }
  if (hasPorts(protocol)) {
    into.sourcePort = get16(bytes, at);
    into.destinationPort = get16(bytes, at + 2);
  }
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      readTcp(bytes, at, end, datagramEnd, into);
      break;
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.udplite:
      readUdp(bytes, at, lengthBytes, protocol, into);
      break;
    case IP_PROTOCOL.sctp:
      into.sctpChunk = decodeSctpChunk(bytes, at, end);
      into.unsound ??= into.sctpChunk === undefined ? 'an SCTP packet without a chunk' : undefined;
      break;
    default:
      if (isIcmpOf(family, protocol)) readIcmp(bytes, at, end, family, into);
  }
  return into;
}

/** Bytes of a transport header: those without which rules cannot look at it, and those without which connection tracking does not. */
function neededBytes(
  protocol: number,
  family: IpFamily,
): { readonly told: number; readonly whole: number; readonly name: string } {
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return { told: 14, whole: TCP_HEADER_BYTES, name: 'TCP header' };
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.udplite:
      return { told: UDP_HEADER_BYTES, whole: UDP_HEADER_BYTES, name: 'UDP header' };
    case IP_PROTOCOL.sctp:
      return { told: SCTP_HEADER_BYTES, whole: SCTP_HEADER_BYTES + 4, name: 'SCTP header' };
    case IP_PROTOCOL.dccp:
      return { told: 4, whole: DCCP_HEADER_BYTES, name: 'DCCP header' };
    default:
      return isIcmpOf(family, protocol)
        ? { told: 4, whole: 8, name: 'ICMP header' }
        : { told: 0, whole: 0, name: 'header' };
  }
}

function isIcmpOf(family: IpFamily, protocol: number): boolean {
  return protocol === (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6);
}

function readTcp(
  bytes: Uint8Array,
  at: number,
  end: number,
  segmentEnd: number,
  into: Transport,
): void {
  const headerBytes = (bytes[at + 12]! >>> 4) * 4;
  into.tcpSequence = get32(bytes, at + 4);
  into.tcpAcknowledgement = get32(bytes, at + 8);
  into.tcpFlags = bytes[at + 13]!;
  if (headerBytes < TCP_HEADER_BYTES || at + headerBytes > segmentEnd) {
    into.unsound ??= 'wrong TCP data offset';
  }
  into.tcp = emptyTcpWireFacts();
  decodeTcp(bytes, at, end, segmentEnd, into.tcp);
  // `-m tcp` wants the whole header, and drops what has none.
  if (segmentEnd - at < TCP_HEADER_BYTES) into.isCutShort = true;
}

/** With UDP-Lite the length is how much the checksum covers, and 0 stands for all. */
function readUdp(
  bytes: Uint8Array,
  at: number,
  lengthBytes: number,
  protocol: number,
  into: Transport,
): void {
  const own = get16(bytes, at + 4);
  if (protocol === IP_PROTOCOL.udplite && own === 0) return;
  if (own < UDP_HEADER_BYTES || own > lengthBytes) into.unsound ??= 'wrong UDP length';
}

function readIcmp(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: IpFamily,
  into: Transport,
): void {
  into.icmpType = bytes[at]!;
  into.icmpCode = bytes[at + 1]!;
  if (end < at + 8) return;
  if (hasIcmpId(family, into.icmpType)) into.icmpId = get16(bytes, at + 4);
  else into.quoted = decodeQuoted(bytes, at + 8, end, family);
}

function noTransport(): Transport {
  return {
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: 0,
    icmpCode: 0,
    icmpId: 0,
    quoted: undefined,
    sctpChunk: undefined,
    unsound: undefined,
    isCutShort: false,
    tcp: undefined,
  };
}
