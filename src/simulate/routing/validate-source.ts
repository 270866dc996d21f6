import type { IpAddress } from '../../address/ip-address.ts';
import { renderIpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { FibEntry } from './fib-table.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import type { Network } from './network.ts';

/** What a packet's source is judged by. */
export interface SourceCheck {
  readonly packet: PacketInFlight;
  readonly settings: InterfaceSettings;
  /** The interface that the packet would leave by; empty for local delivery. */
  readonly outInterface: string;
  /** The packet's destination; 0.0.0.0 for a broadcast or multicast. */
  readonly destination: IpAddress;
}

/**
 * Why an IPv4 packet's source is refused, undefined where it is good: martian sources and rp_filter.
 *
 * Source: net/ipv4/fib_frontend.c, fib_validate_source and __fib_validate_source (Linux 6.18).
 */
export function findBadSource(network: Network, check: SourceCheck): string | undefined {
  const { packet, settings, outInterface } = check;
  const inFull =
    settings.rpFilter !== 0 || (settings.name === outInterface && settings.sendRedirects);
  if (!inFull) {
    if (settings.acceptLocal) return undefined;
    if (!network.hasCustomLocalRoutes && !network.fib4.hasCustomRules) {
      return network.ipv4Addresses.has(packet.source.w3) ? ownSource(packet) : undefined;
    }
  }
  return findBadSourceInFull(network, check);
}

function findBadSourceInFull(network: Network, check: SourceCheck): string | undefined {
  const { packet, settings } = check;
  const back = findBack(network, check, '');
  // Any unicast route will do where the interface is not looked at.
  if (back.unknown !== undefined && !(back.isMet && settings.rpFilter === 0)) {
    const source = renderIpAddress(packet.source);
    network.doubts.note(`whether source ${source} is good: ${back.unknown}`, 'drop');
    return undefined;
  }
  if (back.outcome === undefined) return withoutRoute(packet, settings);
  if (back.type === 'local') {
    if (!settings.acceptLocal) return ownSource(packet);
  } else if (back.type !== 'unicast') {
    return `martian source: ${renderIpAddress(packet.source)} is a ${back.type} address`;
  }
  if (
    back.unknown !== undefined ||
    back.dev === settings.name ||
    (back.type === 'local' && settings.name === 'lo')
  )
    return undefined;
  if (!hasIpv4Address(network, settings.name)) return withoutRoute(packet, settings, back);
  if (settings.rpFilter === 1) return elsewhere(packet, settings, back);
  return undefined;
}

/** The route to the packet's source, as the kernel asks for it. */
function findBack(network: Network, check: SourceCheck, bound: string): FibEntry {
  const { packet, settings, outInterface, destination } = check;
  const query = network.query;
  query.destination = packet.source;
  query.source = destination;
  query.inInterface = outInterface === '' ? 'lo' : outInterface;
  query.outInterface = bound;
  query.chosen = bound;
  query.choice = bound === '' ? 'any' : 'only';
  query.mark = settings.sourceValidMark ? packet.mark : 0;
  query.protocol = packet.protocol;
  return network.fib4.find(query);
}

function hasIpv4Address(network: Network, name: string): boolean {
  const addresses = network.findInterface(name)?.link.addresses ?? [];
  return addresses.some((one) => one.address.family === 4);
}

function ownSource(packet: PacketInFlight): string {
  return `martian source: ${renderIpAddress(packet.source)} is an address of this host (accept_local is 0)`;
}

/** On an interface without addresses, loose filtering is as strict as strict filtering. */
function withoutRoute(
  packet: PacketInFlight,
  settings: InterfaceSettings,
  back?: FibEntry,
): string | undefined {
  if (settings.rpFilter === 0) return undefined;
  if (back !== undefined) return elsewhere(packet, settings, back);
  return `reverse-path filter: no route to ${renderIpAddress(packet.source)} (${settings.rpFilterName}=${settings.rpFilter})`;
}

function elsewhere(packet: PacketInFlight, settings: InterfaceSettings, back: FibEntry): string {
  return (
    `reverse-path filter: ${renderIpAddress(packet.source)} arrived on ${settings.name}, but its route is ` +
    `${back.text} (${settings.rpFilterName}=${settings.rpFilter})`
  );
}
