import type { IpFamily } from '../address/ip-address.ts';
import { type RouteSpec, written } from './host-spec.ts';
import {
  isJsonObject,
  type JsonObject,
  numberOf,
  objectsOf,
  textOf,
  wordsOf,
} from './json-output.ts';

/** Table by type where none is printed for people. Source: ip-route(8). */
const IN_LOCAL: readonly string[] = ['local', 'broadcast', 'anycast'];
const WITH_DEVICE: readonly string[] = ['unicast', 'local', 'broadcast', 'anycast', 'multicast'];

/** The metric of an IPv6 route that names none. Source: include/net/ip6_route.h, IP6_RT_PRIO_USER. */
const IPV6_USER_METRIC = 1024;

/**
 * The routes of one family from `ip -j -d route show table all`, every table.
 *
 * Left out: the groups that every IPv6 interface has, next hops that are dead, and routes by a link without carrier where the
 * kernel passes over these (`ignoresLinkDown`).
 */
export function readRoutes(
  routes: readonly JsonObject[],
  family: IpFamily,
  options: { readonly ignoresLinkDown: (dev: string) => boolean },
): readonly RouteSpec[] {
  return routes
    .filter((route) => !isPassedOver(route, options.ignoresLinkDown))
    .filter((route) => !(textOf(route, 'type') === 'multicast' && route.dst === 'ff00::/8'))
    .map((route) => routeSpec(route, family));
}

function isPassedOver(route: JsonObject, ignoresLinkDown: (dev: string) => boolean): boolean {
  const flags = wordsOf(route, 'flags');
  if (flags.includes('dead')) return true;
  return flags.includes('linkdown') && ignoresLinkDown(textOf(route, 'dev') ?? '');
}

function routeSpec(route: JsonObject, family: IpFamily): RouteSpec {
  const type = textOf(route, 'type') ?? 'unicast';
  const via = textOf(route, 'gateway');
  const metric = numberOf(route, 'metric') ?? 0;
  const table = textOf(route, 'table') ?? 'main';
  const usual = family === 6 && type !== 'local' && type !== 'anycast' ? IPV6_USER_METRIC : 0;
  return written({
    to: destination(textOf(route, 'dst') ?? 'default', family, via),
    type: type === 'unicast' ? undefined : type,
    via,
    // A gateway of the other family says nothing of where packets go.
    via6: isJsonObject(route.via) ? textOf(route.via, 'host') : undefined,
    dev: WITH_DEVICE.includes(type) ? textOf(route, 'dev') : undefined,
    metric: metric === usual ? undefined : metric,
    table: table === (IN_LOCAL.includes(type) ? 'local' : 'main') ? undefined : table,
    src: type === 'unicast' ? textOf(route, 'prefsrc') : undefined,
    ...notModelled(route, type),
  });
}

/** What the simulation of routing does not know. */
function notModelled(route: JsonObject, type: string): Partial<RouteSpec> {
  const nexthops = objectsOf(route, 'nexthops');
  const hasNowhereToGo = type === 'unicast' && route.dev === undefined && nexthops.length === 0;
  return written({
    nexthops: nexthops.length === 0 ? undefined : nexthops.map(nexthopSpec),
    encap: route.encap === undefined ? undefined : describeEncap(route),
    tos: textOf(route, 'tos'),
    from: textOf(route, 'from'),
    // Where `ip` shows what the next hop object is, that says it all.
    nhid: hasNowhereToGo ? numberOf(route, 'nhid') : undefined,
  });
}

/** `default` is the family of its gateway, and of both without one. */
function destination(dst: string, family: IpFamily, via: string | undefined): string {
  if (dst !== 'default') return dst;
  if (via !== undefined) return dst;
  return family === 4 ? '0.0.0.0/0' : '::/0';
}

function nexthopSpec(hop: JsonObject): Readonly<Record<string, unknown>> {
  const other = isJsonObject(hop.via) ? textOf(hop.via, 'host') : undefined;
  return written({
    via: textOf(hop, 'gateway') ?? other,
    dev: textOf(hop, 'dev'),
    weight: numberOf(hop, 'weight'),
  });
}

/** The kind and what `ip` prints beside it, for people. */
function describeEncap(route: JsonObject): string {
  const { encap } = route;
  if (!isJsonObject(encap)) return String(encap);
  return Object.entries(encap)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ');
}
