import { type IpAddress, renderIpAddress, sameIpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { FibEntry } from './fib-table.ts';
import type { Network } from './network.ts';
import type { RouteOutcome } from './route-outcome.ts';
import {
  isLimitedBroadcast,
  isLinkAnycast,
  isLoopback,
  isMulticast,
  isOnLink,
  isUnspecified,
  multicastScope,
  needsInterface,
} from './special-addresses.ts';
import { unroutableReason } from './unroutable.ts';

/** Source: RFC 4291, section 2.7. */
const LINK_LOCAL_SCOPE = 2;

const TO_SELF: RouteOutcome = {
  kind: 'forward',
  outInterface: 'lo',
  nextHop: undefined,
  reason: 'an address of this host, by lo',
};

/**
 * Routes what a process on the host sends, as from a raw socket: any source goes. The sender learns of every failure.
 *
 * Source: net/ipv4/route.c, ip_route_output_key_hash_rcu, __mkroute_output; net/netfilter/utils.c and net/ipv4/netfilter.c,
 * ip_route_me_harder (Linux 6.18).
 */
export function routeOutput(network: Network, packet: PacketInFlight): RouteOutcome {
  const { destination, source } = packet;
  if (isUnspecified(destination)) return TO_SELF;
  if (needsInterface(destination) || isMulticast(destination) || isLimitedBroadcast(destination)) {
    if (!isLoopback(destination)) return routeToLink(network, packet);
  }
  const entry = network.findOutput(destination, source, packet.mark, packet.protocol);
  return outcomeOf(network, packet, entry);
}

function outcomeOf(network: Network, packet: PacketInFlight, entry: FibEntry): RouteOutcome {
  const { destination, source } = packet;
  const outcome = entry.outcome;
  if (outcome === undefined) {
    return { kind: 'reject', reason: unroutableReason(entry, destination) };
  }
  if (outcome.kind === 'undetermined') return outcome;
  if (entry.type === 'local' || entry.type === 'anycast') return TO_SELF;
  if (entry.sibling !== undefined) {
    const reason = `routes ${entry.text} and ${entry.sibling.text} share the flows between them`;
    return { kind: 'undetermined', reason };
  }
  if (isRerouted(packet) && source.family === 4 && isLoopback(source)) {
    if (network.settings(entry.dev)?.routeLocalnet !== true) {
      const reason = `${renderIpAddress(source)} may not leave by ${entry.dev} (route_localnet is 0)`;
      return { kind: 'reject', reason };
    }
  }
  if (outcome.kind === 'forward') return outcome;
  return { kind: 'forward', outInterface: entry.dev, nextHop: undefined, reason: entry.text };
}

/** Only OUTPUT's changes bring a packet here a second time, and only then is its source looked at. */
function isRerouted(packet: PacketInFlight): boolean {
  const sent = packet.packet;
  if (packet.mark !== sent.mark || packet.tos !== sent.tos) return true;
  return !sameIpAddress(packet.destination, sent.destination);
}

/** A destination that means one link: the interface that has the source, or the only one that it could be. */
function routeToLink(network: Network, packet: PacketInFlight): RouteOutcome {
  const { destination, source } = packet;
  const text = renderIpAddress(destination);
  const dev = packet.outInterface !== '' ? packet.outInterface : interfaceWith(network, source);
  if (destination.family === 4) {
    if (dev !== undefined) return onLink(network, dev, destination);
    if (!isUnspecified(source) && !isLoopback(source)) {
      // Only an unbound socket sends it; one that is bound to an address of nobody's is refused.
      const reason = `how the sender of ${text} came by ${renderIpAddress(source)} is not known`;
      return { kind: 'undetermined', reason };
    }
    const entry = network.findOutput(destination, source, packet.mark, packet.protocol);
    return outcomeOf(network, packet, entry);
  }
  if (isOwnLinkLocal(network, destination, dev)) return TO_SELF;
  // Groups that reach beyond a link are sent where the sender says, not where its address is.
  const reaches = isMulticast(destination) && multicastScope(destination) > LINK_LOCAL_SCOPE;
  if (dev !== undefined && !reaches) {
    if (isMulticast(destination) || hasRoute(network, destination, dev)) {
      return onLink(network, dev, destination);
    }
    return { kind: 'reject', reason: `no route to ${text} by ${dev}` };
  }
  const links = network.interfaces.filter(
    ({ link, settings }) => link.up && link.name !== 'lo' && !settings.ipv6Disabled,
  );
  const only = links.length === 1 && !isLinkAnycast(destination) ? links[0] : undefined;
  if (only !== undefined) return onLink(network, only.link.name, destination);
  const reason = `which interface the sender chose for ${text} is not known`;
  return { kind: 'undetermined', reason };
}

function onLink(network: Network, dev: string, destination: IpAddress): RouteOutcome {
  if (isOnLink(destination) && network.findInterface(dev)?.linkLocal.kind === 'unknown') {
    const reason = `the Host document does not tell the link-local address of ${dev}`;
    return { kind: 'undetermined', reason };
  }
  const text = renderIpAddress(destination);
  const reason = `${text} is on the link of ${dev}, the interface of the source`;
  return { kind: 'forward', outInterface: dev, nextHop: undefined, reason };
}

/** An interface has the route to link-local addresses with its own: one that makes none (addr_gen_mode) has none. */
function hasRoute(network: Network, destination: IpAddress, dev: string): boolean {
  const main = network.fib6.tables.get('main');
  return main?.find(destination, dev, 'only')?.outcome !== undefined;
}

function isOwnLinkLocal(network: Network, address: IpAddress, dev: string | undefined): boolean {
  if (isMulticast(address)) return false;
  const local = network.fib6.tables.get('local');
  const found = local?.find(address, dev ?? '', dev === undefined ? 'any' : 'only');
  // The anycast address of a link's routers is each router's own, where the sender is on that link.
  return found?.type === 'local' || (found?.type === 'anycast' && dev !== undefined);
}

/** Loopback addresses are no hint: what a raw socket sends from them leaves by the route. */
function interfaceWith(network: Network, source: IpAddress): string | undefined {
  if (isLoopback(source)) return undefined;
  const owner = network.interfaces.find(
    ({ link, linkLocal }) =>
      link.addresses.some((one) => sameIpAddress(one.address, source)) ||
      (linkLocal.kind === 'made' && sameIpAddress(linkLocal.address, source)),
  );
  return owner?.link.name;
}
