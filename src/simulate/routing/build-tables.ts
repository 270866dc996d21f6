import { cidrOf, hostCidr } from '../../address/cidr.ts';
import { type IpFamily, ipv4, ipv6 } from '../../address/ip-address.ts';
import type { Host, HostInterface, InterfaceAddress, Route } from '../../host/host.ts';
import { FibTable, fibEntry } from './fib-table.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import type { LinkLocal } from './link-local.ts';
import { isUnspecified } from './special-addresses.ts';

/** The tables of one family by name; `local` and `main` always exist. */
export type RouteTables = ReadonlyMap<string, FibTable>;

/** An interface with what routing has worked out about it. */
export interface RoutedInterface {
  readonly link: HostInterface;
  readonly settings: InterfaceSettings;
  readonly linkLocal: LinkLocal;
}

const REJECTING: readonly Route['type'][] = ['blackhole', 'unreachable', 'prohibit', 'throw'];

/** The metric of an IPv6 subnet's route. Source: include/net/ip6_route.h, IP6_RT_PRIO_ADDRCONF. */
const IPV6_SUBNET_METRIC = 256;

/** Where an entry goes: with `merged` tables local and main are one, as IPv4 keeps them without rules of one's own. */
class TableBuilder {
  readonly tables: Map<string, FibTable> = new Map();
  readonly #merged: boolean;

  constructor(merged: boolean) {
    this.#merged = merged;
    const main = new FibTable();
    this.tables.set('main', main);
    this.tables.set('local', merged ? main : new FibTable());
  }

  add(options: Parameters<typeof fibEntry>[0]): void {
    const name = this.#merged && options.table === 'local' ? 'main' : options.table;
    const table = this.tables.get(name) ?? new FibTable();
    this.tables.set(name, table);
    table.add(fibEntry(options));
  }
}

/**
 * All routing tables of one family: what the addresses bring, then the static routes.
 *
 * Source: net/ipv4/fib_frontend.c, fib_add_ifaddr; net/ipv6/addrconf.c (Linux 6.18), observed with `ip route show table all`.
 */
export function buildTables(
  host: Host,
  interfaces: readonly RoutedInterface[],
  options: { readonly family: IpFamily; readonly merged: boolean },
): RouteTables {
  const builder = new TableBuilder(options.merged);
  for (const one of host.derivedRoutes ? interfaces : []) {
    if (options.family === 4) addIpv4Addresses(builder, one);
    else addIpv6Addresses(builder, one);
  }
  const up = new Set(
    interfaces.filter((one) => isUsable(one, options.family)).map((one) => one.link.name),
  );
  for (const route of host.routes) {
    if (route.family !== options.family) continue;
    if (host.derivedRoutes) addStaticRoute(builder, route, up);
    // The kernel lists no route that it would not take.
    else builder.add({ ...route, dev: route.dev ?? '' });
  }
  return builder.tables;
}

function isUsable(one: RoutedInterface, family: IpFamily): boolean {
  return one.link.up && !(family === 6 && one.settings.ipv6Disabled);
}

function addIpv4Addresses(builder: TableBuilder, { link }: RoutedInterface): void {
  const dev = link.name;
  link.addresses.forEach((one, i) => {
    if (one.address.family !== 4) return;
    const { address, cidr } = one;
    // An address outlives its interface's going down; its subnet does not.
    builder.add({ type: 'local', to: hostCidr(address), dev, table: 'local' });
    if (!link.up || isSecondary(link.addresses, i)) return;
    if (isUnspecified(cidr.network) || cidr.prefixLength === 32) return;
    const local = dev === 'lo';
    builder.add({
      type: local ? 'local' : 'unicast',
      to: cidr,
      dev,
      table: local ? 'local' : 'main',
    });
    if (cidr.prefixLength >= 31) return;
    const broadcast = ipv4(cidr.network.w3 | ~cidr.m3);
    builder.add({ type: 'broadcast', to: hostCidr(broadcast), dev, table: 'local' });
  });
}

/** Whether an address is in the subnet of one before it on the same interface, which then has the subnet's routes. */
export function isSecondary(addresses: readonly InterfaceAddress[], index: number): boolean {
  const { cidr } = addresses[index] as InterfaceAddress;
  return addresses
    .slice(0, index)
    .some(
      (other) =>
        other.cidr.network.family === 4 &&
        other.cidr.prefixLength === cidr.prefixLength &&
        other.cidr.network.w3 === cidr.network.w3,
    );
}

function addIpv6Addresses(builder: TableBuilder, one: RoutedInterface): void {
  if (!isUsable(one, 6)) return;
  const { link, linkLocal, settings } = one;
  for (const { address, cidr } of link.addresses) {
    if (address.family === 6)
      addIpv6Address(builder, { address, cidr }, link.name, settings.router6);
  }
  const block = cidrOf(ipv6(0xfe800000, 0, 0, 0), 64);
  if (linkLocal.kind === 'made') {
    addIpv6Address(
      builder,
      { address: linkLocal.address, cidr: block },
      link.name,
      settings.router6,
    );
  } else if (linkLocal.kind === 'unknown') {
    builder.add({
      type: 'unicast',
      to: block,
      dev: link.name,
      table: 'main',
      metric: IPV6_SUBNET_METRIC,
    });
    // Whatever the address is, a router has that of all routers with it.
    if (settings.router6) {
      builder.add({ type: 'anycast', to: hostCidr(block.network), dev: link.name, table: 'local' });
    }
  }
}

function addIpv6Address(
  builder: TableBuilder,
  { address, cidr }: InterfaceAddress,
  dev: string,
  router: boolean,
): void {
  builder.add({ type: 'local', to: hostCidr(address), dev, table: 'local' });
  if (cidr.prefixLength === 128) return;
  builder.add({ type: 'unicast', to: cidr, dev, table: 'main', metric: IPV6_SUBNET_METRIC });
  // RFC 6164: a /127 between two routers has no subnet-router anycast address.
  if (router && cidr.prefixLength < 127 && dev !== 'lo' && !isUnspecified(cidr.network)) {
    builder.add({ type: 'anycast', to: hostCidr(cidr.network), dev, table: 'local' });
  }
}

/** A route by an interface that is down does not exist: the kernel removes it and does not bring it back. */
function addStaticRoute(builder: TableBuilder, route: Route, up: ReadonlySet<string>): void {
  const { type, to, metric, table } = route;
  if (!REJECTING.includes(type)) {
    const dev = route.dev ?? '';
    if (up.has(dev) || dev === '') builder.add({ ...route, dev });
    return;
  }
  // IPv6 hangs routes that reject on lo, IPv4 on nothing.
  builder.add({ type, to, dev: route.family === 6 ? 'lo' : '', table, metric });
}
