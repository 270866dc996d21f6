import { hasPorts, IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { type Packet, TCP_FLAG } from '../packet/packet.ts';
import {
  DEFAULT_ICMP_ID,
  DEFAULT_SCTP_CHUNK,
  DEFAULT_SOURCE_PORT,
  DEFAULT_TTL,
  defaultIcmpType,
} from '../packet/packet-defaults.ts';

/**
 * The packet with one field at its default, for each field that is not. Numbers of TCP are left alone: what one packet says means nothing when
 * another's is for the kernel to choose.
 */
export function simplerPackets(packet: Packet): readonly Packet[] {
  const { protocol, family } = packet;
  const plain: Partial<Packet> = {
    ttl: DEFAULT_TTL,
    length: undefined,
    quoted: undefined,
    ...(hasPorts(protocol) ? { sourcePort: DEFAULT_SOURCE_PORT, destinationPort: 80 } : {}),
    ...(protocol === IP_PROTOCOL.tcp ? { tcpFlags: TCP_FLAG.S } : {}),
    ...(protocol === IP_PROTOCOL.sctp ? { sctpChunk: DEFAULT_SCTP_CHUNK } : {}),
    ...(isIcmp(protocol)
      ? { icmpType: defaultIcmpType(family), icmpCode: 0, icmpId: DEFAULT_ICMP_ID }
      : {}),
  };
  return (Object.keys(plain) as (keyof Packet)[])
    .filter((field) => packet[field] !== plain[field])
    .map((field) => ({ ...packet, [field]: plain[field] }));
}
