import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { WireFacts } from './wire-facts.ts';

/** TCP flag bits in the order of the header's low byte, named by the initials that packets are written with. */
export const TCP_FLAG = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  A: 0x10,
  U: 0x20,
  E: 0x40,
  C: 0x80,
} as const;

/** Where a process on the host itself sends a packet, in the place of an input interface. */
export const LOCAL = 'local';

/** What connection tracking says of a packet, in the words of `--ctstate`. */
export type ConnectionState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/**
 * One packet as it enters the host's packet path. One flat shape for every protocol: a field that the protocol does not
 * have is 0 or undefined.
 */
export interface Packet {
  /** The interface it arrives on; `local` when a process on the host sends it; undefined: by the route back to `source`. */
  readonly in: string | undefined;
  readonly family: IpFamily;
  /** IP protocol number, 0 to 255. */
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** 0 for a protocol without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bits of TCP_FLAG; 0 for other protocols. */
  readonly tcpFlags: number;
  /** TCP sequence and acknowledgement number; undefined: what fits the connection. */
  readonly tcpSequence: number | undefined;
  readonly tcpAcknowledgement: number | undefined;
  /** ICMP and ICMPv6; 0 for other protocols. */
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Identifier of an echo or other query. */
  readonly icmpId: number;
  /** For an ICMP error: the packet that it complains about, with the headers that it bears where the error comes from. Undefined: about no known one. */
  readonly quoted: Packet | undefined;
  /** SCTP chunk by its iptables name, such as `INIT`. */
  readonly sctpChunk: string | undefined;
  /** Source MAC address, lower case with colons. */
  readonly mac: string | undefined;
  readonly ttl: number;
  /** The byte of differentiated services and congestion (TOS, IPv6 traffic class). */
  readonly tos: number;
  /** Total length of the IP packet in bytes. Undefined: the smallest that the headers allow. */
  readonly length: number | undefined;
  /** Packet mark (fwmark) that it starts with, unsigned 32 bits. */
  readonly mark: number;
  /** Overrides what connection tracking would say. */
  readonly state: ConnectionState | undefined;
  /** User and group of the process that sends it; undefined where nobody says, and for what arrives. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Seconds since the sequence's start. Undefined: the time of the packet before (0 for the first). */
  readonly timeSeconds: number | undefined;
  /** Only for a packet that was read from bytes. */
  readonly wire?: WireFacts | undefined;
}
