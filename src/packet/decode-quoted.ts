import type { IpFamily } from '../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import { get16, getIpv4, getIpv6 } from './header-bytes.ts';
import { IP_READ, IpHeader } from './ip-header.ts';
import type { Packet } from './packet.ts';
import { hasIcmpId } from './packet-defaults.ts';

/** Of a quoted packet as much is needed as tells its flow. */
const PORT_BYTES = 4;
const ICMP_BYTES = 8;

/**
 * The packet that an ICMP error quotes at `at`, as far as it tells its flow: addresses and ports, or the ICMP message. Undefined where
 * it quotes none, a later fragment, or too little.
 */
export function decodeQuoted(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: IpFamily,
): Packet | undefined {
  const header = new IpHeader();
  // Only the first part of the packet is there, whatever its header says of its length.
  const read = header.read(bytes, at, end, Number.MAX_SAFE_INTEGER, false);
  if (header.family !== family || (read !== IP_READ.sound && read !== IP_READ.fragment)) {
    return undefined;
  }
  if (read === IP_READ.fragment && header.fragmentOffset > 0) return undefined;
  const { protocol, transport } = header;
  const isIcmp = protocol === (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6);
  const needed = isIcmp ? ICMP_BYTES : hasPorts(protocol) ? PORT_BYTES : 0;
  if (end < transport + needed) return undefined;
  const address = family === 4 ? getIpv4 : getIpv6;
  const ported = hasPorts(protocol);
  const type = isIcmp ? bytes[transport]! : 0;
  return {
    in: undefined,
    family,
    protocol,
    source: address(bytes, header.source),
    destination: address(bytes, header.destination),
    sourcePort: ported ? get16(bytes, transport) : 0,
    destinationPort: ported ? get16(bytes, transport + 2) : 0,
    tcpFlags: 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: type,
    icmpCode: isIcmp ? bytes[transport + 1]! : 0,
    icmpId: isIcmp && hasIcmpId(family, type) ? get16(bytes, transport + 4) : 0,
    quoted: undefined,
    sctpChunk: undefined,
    mac: undefined,
    ttl: header.ttl,
    tos: header.tos,
    length: undefined,
    mark: 0,
    state: undefined,
    uid: undefined,
    gid: undefined,
    timeSeconds: undefined,
  };
}
