import { type IpAddress, ipv4, ipv6, sameIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { isUnansweredIcmp } from '../unanswered-icmp.ts';
import type { FibEntry } from './fib-table.ts';
import type { Network } from './network.ts';
import type { RouteOutcome } from './route-outcome.ts';
import { selectIpv6Source } from './select-ipv6-source.ts';
import {
  isLinkAnycast,
  isLinkLocal,
  isMulticast,
  isOnLink,
  isUnspecified,
} from './special-addresses.ts';

const NOWHERE4 = ipv4(0);
const NOWHERE6 = ipv6(0, 0, 0, 0);

/**
 * The end of a packet that the host reports to its sender, or a drop where it cannot: about an ICMP error nothing is ever
 * said, and nothing to a source without a route. The kernel's limits on how many answers it sends are not counted.
 *
 * Source: net/ipv4/icmp.c, icmp_send; net/ipv6/icmp.c, icmp6_send; netfilter-facts 2.2 and 5.1.
 */
export function answered(network: Network, packet: PacketInFlight, reason: string): RouteOutcome {
  const silence = findSilence(network, packet);
  if (silence === undefined) return { kind: 'reject', reason };
  return { kind: 'drop', reason: `${reason}; not answered: ${silence}` };
}

function findSilence(network: Network, packet: PacketInFlight): string | undefined {
  const { source, protocol, family } = packet;
  const type = packet.packet.icmpType;
  if (family === 4 && protocol === IP_PROTOCOL.icmp && isUnansweredIcmp(type)) {
    return 'the packet is itself an ICMP error';
  }
  if (family === 6 && protocol === IP_PROTOCOL.icmpv6 && type < 128) {
    return 'the packet is itself an ICMPv6 error';
  }
  if (isMulticast(packet.destination)) return 'it was sent to a group';
  if (isUnspecified(source) || isMulticast(source)) return 'its source is no address to answer to';
  return whyNoWayBack(network, packet);
}

/** Why an answer to the packet's source has no way, in words; undefined where it has one. An answer to a link-local source takes the link that the packet came by. */
export function whyNoWayBack(network: Network, packet: PacketInFlight): string | undefined {
  const { source, family } = packet;
  // The interface has an address of the link, and with it the way back, even where the Host document does not tell it.
  if (family === 6 && isOnLink(source) && hasUntoldLinkLocal(network, packet)) {
    return isLinkAnycast(source) ? 'its source is an anycast address' : undefined;
  }
  const back = findAnswerRoute(network, packet);
  if (family === 6 && isAnycast(back, source)) return 'its source is an anycast address';
  return back.outcome === undefined ? 'there is no route back to its source' : undefined;
}

function hasUntoldLinkLocal(network: Network, { inInterface }: PacketInFlight): boolean {
  return network.findInterface(inInterface)?.linkLocal.kind === 'unknown';
}

/**
 * A subnet's network address is nobody's own, whether or not this host is a router there.
 *
 * Source: include/net/ip6_route.h, ipv6_anycast_destination.
 */
export function isAnycast(back: FibEntry, source: IpAddress): boolean {
  if (back.type === 'anycast') return true;
  const onLink = back.type === 'unicast' && back.via === undefined;
  return onLink && back.to.prefixLength < 127 && sameIpAddress(back.to.network, source);
}

/** The answer's own route: sent by the host, without the packet's mark. */
function findAnswerRoute(network: Network, packet: PacketInFlight): FibEntry {
  const { source, family, inInterface } = packet;
  const query = network.query;
  query.destination = source;
  query.source = NOWHERE4;
  // Observed on Linux 6.18: rules by source see the input interface's address, while IPv4's see none yet.
  if (family === 6) {
    const own = selectIpv6Source(network, inInterface, source);
    query.source = own === undefined || own === 'unknown' ? NOWHERE6 : own;
  }
  query.inInterface = 'lo';
  query.mark = 0;
  query.protocol = family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  const oneLink = isLinkLocal(source);
  query.outInterface = oneLink ? inInterface : '';
  query.chosen = query.outInterface;
  query.choice = oneLink ? 'only' : 'any';
  return network.fib(family).find(query);
}
