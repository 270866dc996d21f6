import type { PacketInFlight } from '../packet-in-flight.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import { isLoopback, isMulticast, multicastScope } from './special-addresses.ts';

/**
 * Why IPv6 throws an arriving packet away before its first hook; undefined where it does not.
 *
 * Source: net/ipv6/ip6_input.c, ip6_rcv_core (Linux 6.18); netfilter-facts 5.2.
 */
export function findIpv6Refusal(
  packet: PacketInFlight,
  settings: InterfaceSettings,
): string | undefined {
  const { source, destination } = packet;
  if (settings.ipv6Disabled) return `IPv6 is off on ${settings.name} (disable_ipv6)`;
  if (settings.name !== 'lo') {
    if (isLoopback(source) || isLoopback(destination)) return '::1 may not appear on a link';
    if (isMulticast(destination) && multicastScope(destination) === 1) {
      return 'interface-local multicast may not appear on a link';
    }
  }
  if (isMulticast(destination) && multicastScope(destination) === 0) {
    return 'a multicast address of scope 0 may not be sent to';
  }
  return isMulticast(source) ? 'a multicast address may not be a source' : undefined;
}
