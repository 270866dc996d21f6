import { parseCidr, renderCidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { routesOfAddresses } from '../simulate/routing/routes-of-addresses.ts';
import type { RouteSpec } from './host-spec.ts';

/** The routes of one family as the kernel has them. */
export interface FamilyRoutes {
  readonly family: IpFamily;
  readonly routes: readonly RouteSpec[];
}

/**
 * The routes to write down: without those that the addresses bring along, where the kernel has every one of these. Where it does
 * not (another program keeps them, an address is a duplicate, `lo` is down), all of them, and nothing is to be derived.
 *
 * `bare` is the host with its addresses, and without routes of its own.
 */
export function withoutDerivedRoutes(
  families: readonly FamilyRoutes[],
  bare: Host,
): { readonly routes: readonly RouteSpec[]; readonly derivedRoutes?: false } {
  const kept: RouteSpec[] = [];
  for (const { family, routes } of families) {
    const derived = new Set(
      routesOfAddresses(bare, family).map(({ table, entry: { type, to, dev, metric } }) =>
        keyOf({ type, to: renderCidr(to), dev, table, metric }),
      ),
    );
    for (const route of routes) if (!derived.delete(specKey(route, family))) kept.push(route);
    if (derived.size > 0) {
      return { routes: families.flatMap((one) => one.routes), derivedRoutes: false };
    }
  }
  return { routes: kept };
}

function specKey(route: RouteSpec, family: IpFamily): string {
  const type = route.type ?? 'unicast';
  const block = parseCidr(route.to);
  const isSpecial =
    route.via !== undefined || route.nexthops !== undefined || route.encap !== undefined;
  if (block === undefined || isSpecial) return '';
  return keyOf({
    type,
    to: renderCidr(block),
    dev: route.dev ?? '',
    table: route.table ?? (type === 'unicast' ? 'main' : 'local'),
    metric: family === 6 ? (route.metric ?? 1024) : (route.metric ?? 0),
  });
}

/** Table local has no use for metrics. */
function keyOf(route: {
  readonly type: string;
  readonly to: string;
  readonly dev: string;
  readonly table: string;
  readonly metric: number;
}): string {
  const { type, to, dev, table } = route;
  return [type, to, dev, table, type === 'unicast' ? route.metric : 0].join(' ');
}
