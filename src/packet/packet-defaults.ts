import type { IpFamily } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';

/** The source port of a packet that names none: the first of IANA's dynamic ports. */
export const DEFAULT_SOURCE_PORT = 49152;

/** The TTL or hop limit of a packet that names none: Linux sends with it. */
export const DEFAULT_TTL = 64;

/** The identifier of an echo that names none. */
export const DEFAULT_ICMP_ID = 1;

/** The chunk of an SCTP packet that names none: the one that opens an association. */
export const DEFAULT_SCTP_CHUNK = 'INIT';

/** Echo request of the family's ICMP. */
export function defaultIcmpType(family: IpFamily): number {
  return family === 4 ? 8 : 128;
}

/** Bytes of the smallest IP packet of the protocol: the IP header and the protocol's own without options and payload. */
export function smallestLengthBytes(family: IpFamily, protocol: number): number {
  return (family === 4 ? 20 : 40) + smallestHeaderBytes(protocol);
}

function smallestHeaderBytes(protocol: number): number {
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return 20;
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.udplite:
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmpv6:
      return 8;
    case IP_PROTOCOL.dccp:
      return 12;
    case IP_PROTOCOL.sctp:
      return 16;
    default:
      return 0;
  }
}

/** Whether ICMP messages of the type carry an identifier: echo, timestamp, information and address mask queries. */
export function hasIcmpId(family: IpFamily, type: number): boolean {
  if (family === 6) return type === 128 || type === 129;
  return type === 0 || type === 8 || (type >= 13 && type <= 18);
}
