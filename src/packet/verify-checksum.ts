import { IP_PROTOCOL } from '../address/protocol.ts';
import { crc32c } from './checksum.ts';
import { get16, get32 } from './header-bytes.ts';
import type { IpHeader } from './ip-header.ts';

/**
 * Whether the IPv4 header's checksum is right. HOT
 */
export function isIpChecksumRight(bytes: Uint8Array, start: number): boolean {
  const end = start + (bytes[start]! & 15) * 4;
  return fold(sumWords(bytes, start, end)) === 0xffff;
}

/**
 * Whether connection tracking finds the transport checksum of an arriving packet right. A packet of which the capture holds a part only
 * cannot be judged and counts as right. So does one that bears the sum of its pseudo header alone: the sender left the rest to the card, and within one
 * machine nobody fills it in; the kernel knows that from beside the packet.
 *
 * Source: net/netfilter/utils.c, nf_ip_checksum and nf_ip6_checksum (Linux 6.18). HOT
 */
export function isTransportChecksumRight(
  bytes: Uint8Array,
  header: IpHeader,
  end: number,
): boolean {
  const { protocol, transport, datagramEnd } = header;
  if (end < datagramEnd) return true;
  const lengthBytes = datagramEnd - transport;
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return lengthBytes < 20 || isSumRight(bytes, header, lengthBytes, transport + 16);
    case IP_PROTOCOL.udp:
      return isUdpRight(bytes, header, lengthBytes);
    case IP_PROTOCOL.icmp:
      if (header.family === 6 || lengthBytes < 8) return true;
      return fold(sumWords(bytes, transport, datagramEnd)) === 0xffff;
    case IP_PROTOCOL.icmpv6:
      if (header.family === 4 || lengthBytes < 8) return true;
      return (
        fold(pseudoSum(bytes, header, lengthBytes) + sumWords(bytes, transport, datagramEnd)) ===
        0xffff
      );
    case IP_PROTOCOL.sctp:
      return lengthBytes < 12 || isCrcRight(bytes, transport, datagramEnd);
    default:
      return true;
  }
}

/** The length that counts is that of the UDP header. HOT */
function isUdpRight(bytes: Uint8Array, header: IpHeader, lengthBytes: number): boolean {
  const { transport } = header;
  if (lengthBytes < 8 || get16(bytes, transport + 6) === 0) return true;
  const own = get16(bytes, transport + 4);
  if (own < 8 || own > lengthBytes) return true;
  return isSumRight(bytes, header, own, transport + 6);
}

/** HOT */
function isSumRight(
  bytes: Uint8Array,
  header: IpHeader,
  lengthBytes: number,
  checksumAt: number,
): boolean {
  const { source, transport, protocol } = header;
  const addressBytes = header.family === 4 ? 8 : 32;
  const end = transport + lengthBytes;
  // Where nothing stands between them, addresses and segment are one run of words.
  const words =
    source + addressBytes === transport
      ? sumWords(bytes, source, end)
      : sumWords(bytes, source, source + addressBytes) + sumWords(bytes, transport, end);
  if (fold(words + protocol + lengthBytes) === 0xffff) return true;
  const pseudo = pseudoSum(bytes, header, lengthBytes);
  const written = get16(bytes, checksumAt);
  return written === fold(pseudo) || written === fold(pseudo - lengthBytes);
}

/** HOT */
function pseudoSum(bytes: Uint8Array, header: IpHeader, lengthBytes: number): number {
  const addressBytes = header.family === 4 ? 8 : 32;
  return (
    sumWords(bytes, header.source, header.source + addressBytes) + header.protocol + lengthBytes
  );
}

/** The sum of 16-bit words, as one number that need not be folded yet; an odd last byte is a word's upper half. HOT */
function sumWords(bytes: Uint8Array, start: number, end: number): number {
  let upper = 0;
  let lower = 0;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    upper += bytes[i]! + bytes[i + 2]!;
    lower += bytes[i + 1]! + bytes[i + 3]!;
  }
  for (; i + 1 < end; i += 2) {
    upper += bytes[i]!;
    lower += bytes[i + 1]!;
  }
  if (i < end) upper += bytes[i]!;
  return upper * 256 + lower;
}

/** HOT */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** The least significant byte comes first. 0 is what the sender leaves for the card. */
function isCrcRight(bytes: Uint8Array, transport: number, end: number): boolean {
  const written = get32(bytes, transport + 8);
  if (written === 0) return true;
  const packet = bytes.slice(transport, end);
  packet.fill(0, 8, 12);
  const right = crc32c(packet, 0, packet.length);
  const swapped =
    ((right & 0xff) << 24) | ((right & 0xff00) << 8) | ((right >>> 8) & 0xff00) | (right >>> 24);
  return written === swapped >>> 0;
}
