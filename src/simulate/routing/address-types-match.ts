import { type IpAddress, ipv6, sameIpAddress } from '../../address/ip-address.ts';
import type { AddressTypeName, AddressTypesMatch } from '../../ruleset/match/address-types.ts';
import type { Negatable } from '../../ruleset/option/codec.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { isAnycast } from './answers.ts';
import type { Network } from './network.ts';
import { isLimitedBroadcast, isMulticast, isUnspecified } from './special-addresses.ts';

const NOWHERE6 = ipv6(0, 0, 0, 0);

/**
 * `-m addrtype` with any types; undefined where the answer takes a lookup by one interface that is not modelled.
 *
 * Source: net/netfilter/xt_addrtype.c, addrtype_mt_v1, match_type and match_type6 (Linux 6.18); netfilter-facts 6.6.
 */
export function matchesAddressTypes(
  network: Network,
  match: AddressTypesMatch,
  packet: PacketInFlight,
): boolean | undefined {
  const limit = match.limitIn
    ? packet.inInterface
    : match.limitOut
      ? packet.outInterface
      : undefined;
  const side = (
    asked: Negatable<readonly AddressTypeName[]> | undefined,
    address: IpAddress,
  ): boolean | undefined => {
    if (asked === undefined) return true;
    const found =
      packet.family === 4
        ? asked.value.includes(ipv4Type(network, address, limit))
        : isOfIpv6Types(network, address, asked.value, limit);
    return found === undefined ? undefined : found !== asked.negated;
  };
  const source = side(match.source, packet.source);
  if (source === false) return false;
  const destination = side(match.destination, packet.destination);
  if (destination === false) return false;
  return source === undefined ? undefined : destination;
}

/**
 * The one type of an IPv4 address. Only table local is asked, and what it does not have is UNICAST; so is an address of another interface
 * than the limiting one. Source: net/ipv4/fib_frontend.c, __inet_dev_addr_type (Linux 6.18).
 */
export function ipv4Type(
  network: Network,
  address: IpAddress,
  limit: string | undefined,
): AddressTypeName {
  if (address.w3 >>> 24 === 0 || isLimitedBroadcast(address)) return 'BROADCAST';
  if (isMulticast(address)) return 'MULTICAST';
  const found = network.fib4.tables.get('local')?.find(address, '', 'any');
  if (found === undefined || (limit !== undefined && found.dev !== limit)) return 'UNICAST';
  if (found.type === 'local') return 'LOCAL';
  return found.type === 'broadcast' ? 'BROADCAST' : 'UNICAST';
}

/** Types of IPv6 that a look at the address tells must hold all; of those that routing tells, any. */
function isOfIpv6Types(
  network: Network,
  address: IpAddress,
  types: readonly AddressTypeName[],
  limit: string | undefined,
): boolean | undefined {
  if (types.includes('MULTICAST') && !isMulticast(address)) return false;
  if (types.includes('UNICAST') && !isIpv6Unicast(address)) return false;
  if (types.includes('UNSPEC') && !isUnspecified(address)) return false;
  const routed = types.filter((type) => ROUTED.has(type));
  if (routed.length === 0) return true;
  if (limit === undefined) return routed.some((type) => hasIpv6Type(network, address, type));
  if (routed.some((type) => type !== 'LOCAL')) return undefined;
  const link = network.findInterface(limit)?.link;
  return link?.addresses.some((one) => sameIpAddress(one.address, address)) === true;
}

const ROUTED: ReadonlySet<AddressTypeName> = new Set([
  'LOCAL',
  'ANYCAST',
  'UNREACHABLE',
  'PROHIBIT',
]);

function hasIpv6Type(network: Network, address: IpAddress, type: AddressTypeName): boolean {
  const route = network.findOutput(address, NOWHERE6, 0, 0);
  switch (type) {
    case 'LOCAL':
      return route.type === 'local';
    case 'ANYCAST':
      return isAnycast(route, address);
    case 'UNREACHABLE':
      return route.outcome === undefined && route.type !== 'anycast' && route.type !== 'broadcast';
    default:
      return false;
  }
}

/** Neither ::, a group, nor an IPv4 address in IPv6's clothes. Source: net/ipv6/addrconf_core.c, __ipv6_addr_type. */
function isIpv6Unicast(address: IpAddress): boolean {
  const { w0, w1, w2 } = address;
  return (
    !isMulticast(address) && !isUnspecified(address) && !(w0 === 0 && w1 === 0 && w2 === 0xffff)
  );
}
