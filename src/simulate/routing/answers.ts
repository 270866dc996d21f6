import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { Network } from './network.ts';
import type { RouteOutcome } from './route-outcome.ts';
import { isLoopback, isMulticast, isUnspecified } from './special-addresses.ts';

/** ICMP types that report an error: unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

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
  if (family === 4 && protocol === IP_PROTOCOL.icmp && ICMP_ERRORS.has(type)) {
    return 'the packet is itself an ICMP error';
  }
  if (family === 6 && protocol === IP_PROTOCOL.icmpv6 && type < 128) {
    return 'the packet is itself an ICMPv6 error';
  }
  if (isMulticast(packet.destination)) return 'it was sent to a group';
  if (isUnspecified(source) || isMulticast(source) || isLoopback(source)) {
    return 'its source is no address to answer to';
  }
  const back =
    family === 4
      ? network.findOutput(source, packet.destination, 0, protocol)
      : network.findInput(source, packet.destination, packet.inInterface, 0, protocol);
  return back.outcome === undefined ? 'there is no route back to its source' : undefined;
}
