import type { IpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { type Packet, TCP_FLAG } from '../packet/packet.ts';
import {
  DEFAULT_ICMP_ID,
  DEFAULT_SCTP_CHUNK,
  DEFAULT_TTL,
  defaultIcmpType,
} from '../packet/packet-defaults.ts';

/** A packet of a protocol with every other field at its default; ports are 0. */
export function blankPacket(
  from: string,
  protocol: number,
  source: IpAddress,
  destination: IpAddress,
): Packet {
  const icmp = isIcmp(protocol);
  return {
    in: from,
    family: source.family,
    protocol,
    source,
    destination,
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: protocol === IP_PROTOCOL.tcp ? TCP_FLAG.S : 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: icmp ? defaultIcmpType(source.family) : 0,
    icmpCode: 0,
    icmpId: icmp ? DEFAULT_ICMP_ID : 0,
    quoted: undefined,
    sctpChunk: protocol === IP_PROTOCOL.sctp ? DEFAULT_SCTP_CHUNK : undefined,
    mac: undefined,
    ttl: DEFAULT_TTL,
    length: undefined,
    mark: 0,
    state: undefined,
    tos: 0,
    uid: undefined,
    gid: undefined,
    timeSeconds: undefined,
  };
}
