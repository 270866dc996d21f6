import { renderIpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { answered } from './answers.ts';
import type { FibEntry } from './fib-table.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import type { Network } from './network.ts';
import type { RouteOutcome } from './route-outcome.ts';
import { isLinkLocal, isMulticast, isUnspecified } from './special-addresses.ts';
import { unroutableReason } from './unroutable.ts';

const GROUP: RouteOutcome = { kind: 'local', reason: 'the host is in this multicast group' };

/**
 * Routes an IPv6 packet from outside: destination, forwarding, hop limit, then the few sources that may not travel. There
 * is no reverse-path filter, and a source that is the host's own is taken.
 *
 * Source: net/ipv6/route.c, ip6_route_input; net/ipv6/ip6_output.c, ip6_forward; net/ipv6/ip6_input.c, ip6_mc_input
 * (Linux 6.18).
 */
export function routeInputIpv6(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
): RouteOutcome {
  const { source, destination } = packet;
  if (isMulticast(destination)) return routeMulticast(network, packet, settings);
  const entry = network.findInput(destination, source, settings.name, packet.mark, packet.protocol);
  const outcome = entry.outcome;
  if (outcome?.kind === 'local') return outcome;
  if (isLinkLocal(destination) && isLinkLocalUnknown(network, settings.name)) {
    const reason = `the Host document does not tell the link-local address of ${settings.name}`;
    return { kind: 'undetermined', reason };
  }
  if (outcome === undefined) {
    const reason = unroutableReason(entry, destination);
    if (entry.type === 'blackhole') return { kind: 'drop', reason };
    return answered(network, packet, reason);
  }
  if (!settings.forwarding6) return { kind: 'drop', reason: 'IPv6 forwarding is off' };
  return forward(network, packet, entry, outcome);
}

function forward(
  network: Network,
  packet: PacketInFlight,
  entry: FibEntry,
  outcome: RouteOutcome,
): RouteOutcome {
  if (packet.ttl <= 1) {
    return answered(network, packet, `hop limit ${packet.ttl} is used up in transit`);
  }
  if (entry.dev !== packet.inInterface) {
    const { source } = packet;
    if (isUnspecified(source)) return { kind: 'drop', reason: 'source :: may not be forwarded' };
    if (isLinkLocal(source)) {
      const reason = `link-local source ${renderIpAddress(source)} may not leave its link`;
      return answered(network, packet, reason);
    }
  }
  if (entry.sibling !== undefined) {
    const reason = `routes ${entry.text} and ${entry.sibling.text} share the flows between them`;
    return { kind: 'undetermined', reason };
  }
  return outcome;
}

function isLinkLocalUnknown(network: Network, name: string): boolean {
  return network.findInterface(name)?.linkLocal.kind === 'unknown';
}

function routeMulticast(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
): RouteOutcome {
  const group = renderIpAddress(packet.destination);
  switch (network.groups.membership(packet.destination, settings.name)) {
    case 'member':
      return GROUP;
    case 'stranger':
      return { kind: 'drop', reason: `the host is not in the multicast group ${group}` };
    case 'unknown': {
      const reason = `whether interface ${settings.name} is in the multicast group ${group} is not known`;
      return { kind: 'undetermined', reason };
    }
  }
}
