import { ipv4 } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { FibEntry } from './fib-table.ts';
import type { Network } from './network.ts';
import {
  isLimitedBroadcast,
  isLinkLocal,
  isLocalMulticast,
  isMulticast,
  isUnspecified,
} from './special-addresses.ts';

const NOWHERE = ipv4(0);

/**
 * Whether `-m rpfilter` (strict) lets a packet pass: its route back leaves by the interface that it came in by.
 *
 * Source: net/ipv4/netfilter/ipt_rpfilter.c; net/ipv6/netfilter/ip6t_rpfilter.c (Linux 6.18); netfilter-facts 6.6.
 */
export function passesRpfilterMatch(
  network: Network,
  packet: PacketInFlight,
  options: { readonly validMark: boolean },
): boolean {
  const { source, destination, family, inInterface } = packet;
  if (inInterface === 'lo') return true;
  const query = network.query;
  query.destination = source;
  query.inInterface = 'lo';
  query.outInterface = '';
  query.mark = options.validMark ? packet.mark : 0;
  if (family === 4) {
    if (isUnspecified(source)) {
      if (isLimitedBroadcast(destination) || isLocalMulticast(destination)) return true;
    }
    // Source: ipt_rpfilter.c, rpfilter_get_saddr; the protocol is not set, so that rules by protocol do not match.
    query.source =
      isMulticast(destination) || isLimitedBroadcast(destination) ? NOWHERE : destination;
    query.protocol = 0;
    query.chosen = '';
    query.choice = 'any';
    return leavesBy(network, network.fib4.find(query), inInterface);
  }
  if (isUnspecified(source)) return true;
  query.source = destination;
  query.protocol = packet.protocol;
  query.outInterface = inInterface;
  query.chosen = inInterface;
  // Source: net/ipv6/route.c, rt6_device_match: of one prefix, a dearer route by the interface is found too.
  query.choice = isLinkLocal(source) ? 'only' : 'prefer-any-metric';
  return leavesBy(network, network.fib6.find(query), inInterface);
}

function leavesBy(network: Network, back: FibEntry, inInterface: string): boolean {
  if (back.unknown !== undefined) network.doubts.note(`-m rpfilter: ${back.unknown}`);
  return back.type === 'unicast' && back.dev === inInterface;
}
