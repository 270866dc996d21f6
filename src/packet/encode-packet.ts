import { IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { addWords, finishChecksum, pseudoHeaderSum } from './checksum.ts';
import { put16 } from './header-bytes.ts';
import {
  ICMP_CHECKSUM_OFFSET,
  ICMP_HEADER_BYTES,
  putIcmpHeader,
  QUOTED_TRANSPORT_BYTES,
} from './icmp.ts';
import { IPV4_ADDRESSES, IPV4_HEADER_BYTES, putIpv4Header } from './ipv4.ts';
import { IPV6_ADDRESSES, IPV6_HEADER_BYTES, putIpv6Header } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { smallestLengthBytes } from './packet-defaults.ts';
import { putSctp, SCTP_HEADER_BYTES, type SctpTags, sctpChunkBytes } from './sctp.ts';
import { putTcpHeader, TCP_CHECKSUM_OFFSET, type TcpNumbers } from './tcp.ts';
import { DCCP_CHECKSUM_OFFSET, putDccpHeader, putUdpHeader, UDP_CHECKSUM_OFFSET } from './udp.ts';

/** What a packet bears on the wire that `Packet` leaves to its connection. */
export interface WireNumbers {
  readonly tcp: TcpNumbers;
  readonly sctp: SctpTags;
  /** Of the IPv4 header. */
  readonly identification: number;
}

/** For packets of which only addresses and ports matter. */
export const NO_NUMBERS: WireNumbers = {
  tcp: { sequence: 1, acknowledgement: 0, window: 64_240 },
  sctp: { verification: 1, own: 1 },
  identification: 1,
};

/**
 * The bytes of an IP packet, all checksums valid, payload of zeros up to its length.
 *
 * An ICMP error without `quoted` quotes nothing. A length that is too small for what an error quotes cuts the quotation.
 *
 * @throws Error for a length that the headers do not fit in, and for an error about a packet of the other family.
 */
export function encodePacket(packet: Packet, numbers: WireNumbers = NO_NUMBERS): Uint8Array {
  const header = packet.family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const quoted = isIcmp(packet.protocol) ? quotation(packet) : undefined;
  const lengthBytes = packetLengthBytes(packet);
  if (lengthBytes < smallestLengthBytes(packet.family, packet.protocol)) {
    throw new Error(`${lengthBytes} bytes do not hold the headers of protocol ${packet.protocol}`);
  }
  const bytes = new Uint8Array(lengthBytes);
  if (packet.family === 4) {
    const { identification } = numbers;
    putIpv4Header(bytes, 0, packet, { lengthBytes, identification });
  } else {
    putIpv6Header(bytes, 0, packet, lengthBytes);
  }
  if (quoted !== undefined) {
    const at = header + ICMP_HEADER_BYTES;
    bytes.set(quoted.subarray(0, lengthBytes - at), at);
  }
  putTransport(bytes, header, packet, numbers);
  return bytes;
}

/** How many bytes the packet has in all: as it says, or no more than its headers and what it quotes. */
export function packetLengthBytes(packet: Packet): number {
  if (packet.length !== undefined) return packet.length;
  const smallest = smallestLengthBytes(packet.family, packet.protocol);
  if (isIcmp(packet.protocol)) return smallest + (quotation(packet)?.length ?? 0);
  if (packet.protocol !== IP_PROTOCOL.sctp) return smallest;
  const header = packet.family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  return header + SCTP_HEADER_BYTES + sctpChunkBytes(packet.sctpChunk);
}

function quotation(packet: Packet): Uint8Array | undefined {
  const { quoted } = packet;
  if (quoted === undefined) return undefined;
  if (quoted.family !== packet.family) {
    throw new Error(`an IPv${packet.family} error cannot be about an IPv${quoted.family} packet`);
  }
  const whole = encodePacket(quoted);
  return packet.family === 4
    ? whole.subarray(0, IPV4_HEADER_BYTES + QUOTED_TRANSPORT_BYTES)
    : whole;
}

function putTransport(
  bytes: Uint8Array,
  offset: number,
  packet: Packet,
  numbers: WireNumbers,
): void {
  const lengthBytes = bytes.length - offset;
  switch (packet.protocol) {
    case IP_PROTOCOL.tcp:
      putTcpHeader(bytes, offset, packet, numbers.tcp);
      putChecksum(bytes, offset, packet, TCP_CHECKSUM_OFFSET);
      return;
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.udplite:
      putUdpHeader(bytes, offset, packet, lengthBytes);
      putChecksum(bytes, offset, packet, UDP_CHECKSUM_OFFSET);
      return;
    case IP_PROTOCOL.dccp:
      putDccpHeader(bytes, offset, packet);
      putChecksum(bytes, offset, packet, DCCP_CHECKSUM_OFFSET);
      return;
    case IP_PROTOCOL.sctp:
      putSctp(bytes, { offset, end: bytes.length }, packet, numbers.sctp);
      return;
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmpv6:
      putIcmpHeader(bytes, offset, packet);
      putChecksum(bytes, offset, packet, ICMP_CHECKSUM_OFFSET);
  }
}

function putChecksum(bytes: Uint8Array, offset: number, packet: Packet, at: number): void {
  const addresses = packet.family === 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES;
  // ICMP alone covers no pseudo header.
  const initial =
    packet.protocol === IP_PROTOCOL.icmp
      ? 0
      : pseudoHeaderSum(bytes, addresses, packet.protocol, bytes.length - offset);
  const sum = finishChecksum(addWords(bytes, offset, bytes.length, initial));
  // 0 would say that there is none; only with UDP does it mean that, and both stand for the same number.
  const isUdp = packet.protocol === IP_PROTOCOL.udp || packet.protocol === IP_PROTOCOL.udplite;
  put16(bytes, offset + at, isUdp && sum === 0 ? 0xffff : sum);
}
