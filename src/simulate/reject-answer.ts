import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Host } from '../host/host.ts';
import { TCP_FLAG } from '../packet/packet.ts';
import { smallestLengthBytes } from '../packet/packet-defaults.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';
import { isUnansweredIcmp } from './unanswered-icmp.ts';

/** Protocols whose packets REJECT answers whatever they carry. Source: nf_reject_ipv4.c, nf_reject_verify_csum. */
const ANSWERED: ReadonlySet<number> = new Set([
  IP_PROTOCOL.icmp,
  IP_PROTOCOL.tcp,
  IP_PROTOCOL.udp,
  IP_PROTOCOL.gre,
  50,
  51,
  IP_PROTOCOL.icmpv6,
  IP_PROTOCOL.sctp,
  IP_PROTOCOL.udplite,
]);

/** Whether REJECT answers packets of the protocol only when their payload happens to sum to zero. */
export function isRejectChance(protocol: number): boolean {
  return !ANSWERED.has(protocol);
}

/**
 * Why REJECT makes no answer for the packet, so that it merely vanishes; undefined where it answers.
 *
 * Source: nf_reject_ipv4.c, nf_reject_ipv6.c, icmp.c `__icmp_send`; netfilter-facts 2.2. A protocol without a checksum rule of its own is
 * answered only when its payload happens to sum to zero, which is taken never to be so.
 */
export function whyNotAnswered(
  packet: PacketInFlight,
  rejectWith: string,
  host: Host,
  router: Router,
): string | undefined {
  if (isBroadcast(packet, host)) return 'the destination is a broadcast or multicast address';
  if (rejectWith === 'tcp-reset') {
    if ((packet.packet.tcpFlags & TCP_FLAG.R) !== 0) return 'a reset is not answered by a reset';
  } else if (isIcmpError(packet)) {
    return 'ICMP errors are not answered';
  } else if (isRejectChance(packet.protocol)) {
    return `protocol ${packet.protocol} is answered only when its payload sums to zero`;
  }
  if (rejectWith !== 'tcp-reset' && packet.family === 6 && isEmpty(packet)) {
    return 'there is nothing behind its IPv6 header';
  }
  const by = rejectWith === 'tcp-reset' ? 'tcp-reset' : 'icmp';
  if (!router.canAnswer(packet, by)) {
    return 'there is no route back to the source';
  }
  return undefined;
}

/** Source: net/ipv6/netfilter/nf_reject_ipv6.c, reject6_csum_ok (Linux 6.18). */
function isEmpty({ family, protocol, packet }: PacketInFlight): boolean {
  return (packet.length ?? smallestLengthBytes(family, protocol)) <= IPV6_HEADER_BYTES;
}

const IPV6_HEADER_BYTES = 40;

function isIcmpError(packet: PacketInFlight): boolean {
  const type = packet.packet.icmpType;
  if (packet.family === 6) return packet.protocol === IP_PROTOCOL.icmpv6 && type < 128;
  if (packet.protocol !== IP_PROTOCOL.icmp) return false;
  return isUnansweredIcmp(type);
}

function isBroadcast({ family, source, destination }: PacketInFlight, host: Host): boolean {
  if (family === 6) return destination.w0 >>> 24 === 0xff;
  if (destination.w3 >>> 28 === 0xe || destination.w3 === 0xffffffff) return true;
  // From nowhere to nowhere is delivered as a broadcast (ip_route_input_slow, brd_input).
  if (destination.w3 === 0 && source.w3 === 0) return true;
  return host.interfaces.some((one) =>
    one.addresses.some(
      ({ cidr }) =>
        cidr.network.family === 4 &&
        cidr.prefixLength < 31 &&
        (cidr.network.w3 | ~cidr.m3) >>> 0 === destination.w3,
    ),
  );
}
