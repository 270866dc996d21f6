import { type IpAddress, ipv4, renderIpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { answered } from './answers.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import type { Network } from './network.ts';
import type { RouteOutcome } from './route-outcome.ts';
import {
  isLimitedBroadcast,
  isLocalMulticast,
  isLoopback,
  isMulticast,
  isUnspecified,
} from './special-addresses.ts';
import { unroutableReason } from './unroutable.ts';
import { findBadSource } from './validate-source.ts';

const NOWHERE = ipv4(0);
const IGMP = 2;

const BROADCAST: RouteOutcome = { kind: 'local', reason: 'broadcast to everyone on the link' };
const GROUP: RouteOutcome = { kind: 'local', reason: 'the host is in this multicast group' };

/**
 * Routes an IPv4 packet from outside. The order is the kernel's: addresses that never travel, the destination's route,
 * then the source, then forwarding and TTL.
 *
 * Source: net/ipv4/route.c, ip_route_input_slow, ip_route_input_rcu; net/ipv4/ip_forward.c, ip_forward (Linux 6.18).
 */
export function routeInputIpv4(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
): RouteOutcome {
  const { source, destination } = packet;
  if (isMulticast(destination)) return routeMulticast(network, packet, settings);
  if (isMulticast(source) || isLimitedBroadcast(source)) return martianSource(source);
  if (isLimitedBroadcast(destination)) return deliver(network, packet, settings, BROADCAST);
  if (isUnspecified(source)) {
    if (isUnspecified(destination)) return deliver(network, packet, settings, BROADCAST);
    return martianSource(source);
  }
  if (isUnspecified(destination)) return martianDestination(destination);
  if (!settings.routeLocalnet) {
    if (isLoopback(destination)) return martianDestination(destination);
    if (isLoopback(source)) return martianSource(source);
  }
  return routeByTables(network, packet, settings);
}

function routeByTables(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
): RouteOutcome {
  const { source, destination } = packet;
  const entry = network.findInput(destination, source, settings.name, packet.mark, packet.protocol);
  const outcome = entry.outcome;
  if (outcome === undefined) {
    const reason = unroutableReason(entry, destination);
    if (entry.type === 'blackhole') return { kind: 'drop', reason };
    if (settings.forwarding4) return answered(network, packet, reason);
    return { kind: 'drop', reason: `${reason}; not answered: ${forwardingOff(settings)}` };
  }
  if (entry.type === 'local') {
    const bad = findBadSource(network, { packet, settings, outInterface: '', destination });
    return bad === undefined ? outcome : { kind: 'drop', reason: bad };
  }
  if (entry.type === 'broadcast') {
    if (!settings.broadcastForwarding) return deliver(network, packet, settings, outcome);
    return forward(network, packet, settings, {
      kind: 'forward',
      outInterface: entry.dev,
      nextHop: undefined,
      reason: `${entry.text}, bc_forwarding is on`,
    });
  }
  if (!settings.forwarding4) return { kind: 'drop', reason: forwardingOff(settings) };
  return forward(network, packet, settings, outcome);
}

function forward(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
  outcome: RouteOutcome,
): RouteOutcome {
  const outInterface = outcome.kind === 'forward' ? outcome.outInterface : '';
  const { destination } = packet;
  const bad = findBadSource(network, { packet, settings, outInterface, destination });
  if (bad !== undefined) return { kind: 'drop', reason: bad };
  if (packet.ttl > 1) return outcome;
  return answered(network, packet, `time to live ${packet.ttl} is used up in transit`);
}

/** Local delivery of a broadcast; 0.0.0.0 may send one. */
function deliver(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
  outcome: RouteOutcome,
): RouteOutcome {
  if (isUnspecified(packet.source)) return outcome;
  const bad = findBadSource(network, { packet, settings, outInterface: '', destination: NOWHERE });
  return bad === undefined ? outcome : { kind: 'drop', reason: bad };
}

function routeMulticast(
  network: Network,
  packet: PacketInFlight,
  settings: InterfaceSettings,
): RouteOutcome {
  const { source, destination } = packet;
  if (network.groups.membership(destination, settings.name) !== 'member') {
    const group = renderIpAddress(destination);
    return { kind: 'drop', reason: `the host is not in the multicast group ${group}` };
  }
  const isBad = isMulticast(source) || isLimitedBroadcast(source);
  if (isBad || (isLoopback(source) && !settings.routeLocalnet)) return martianSource(source);
  if (isUnspecified(source)) {
    const allowed = isLocalMulticast(destination) || packet.protocol === IGMP;
    return allowed ? GROUP : martianSource(source);
  }
  return deliver(network, packet, settings, GROUP);
}

function martianSource(source: IpAddress): RouteOutcome {
  return {
    kind: 'drop',
    reason: `martian source: ${renderIpAddress(source)} never comes from a link`,
  };
}

function martianDestination(destination: IpAddress): RouteOutcome {
  const reason = `martian destination: ${renderIpAddress(destination)} is never sent on a link`;
  return { kind: 'drop', reason };
}

function forwardingOff(settings: InterfaceSettings): string {
  return `IPv4 forwarding is off for ${settings.name}`;
}
