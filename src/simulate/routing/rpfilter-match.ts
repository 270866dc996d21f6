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

/** How `-m rpfilter` looks for the route back. */
export interface RpfilterOptions {
  /** With the packet's mark. */
  readonly validMark: boolean;
  /** Any route will do, whatever interface it leaves by. */
  readonly loose?: boolean | undefined;
  /** The host's own addresses pass too. */
  readonly acceptLocal?: boolean | undefined;
}

/**
 * Whether `-m rpfilter` lets a packet pass: its route back leaves by the interface that it came in by.
 *
 * Source: net/ipv4/netfilter/ipt_rpfilter.c; net/ipv6/netfilter/ip6t_rpfilter.c (Linux 6.18); netfilter-facts 6.6.
 */
export function passesRpfilterMatch(
  network: Network,
  packet: PacketInFlight,
  options: RpfilterOptions,
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
    return leavesBy(network, network.fib4.find(query), inInterface, options);
  }
  if (isUnspecified(source)) return true;
  query.source = destination;
  query.protocol = packet.protocol;
  const byInterface = options.loose !== true || isLinkLocal(source);
  query.outInterface = byInterface ? inInterface : '';
  query.chosen = query.outInterface;
  // Source: net/ipv6/route.c, rt6_device_match: of one prefix, a dearer route by the interface is found too.
  query.choice = isLinkLocal(source) ? 'only' : byInterface ? 'prefer-any-metric' : 'any';
  return leavesBy(network, network.fib6.find(query), inInterface, options);
}

function leavesBy(
  network: Network,
  back: FibEntry,
  inInterface: string,
  { loose, acceptLocal }: RpfilterOptions,
): boolean {
  if (back.unknown !== undefined) network.doubts.note(`-m rpfilter: ${back.unknown}`);
  const counts = back.type === 'unicast' || (back.type === 'local' && acceptLocal === true);
  return counts && (loose === true || back.dev === inInterface);
}
