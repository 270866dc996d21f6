import { type Cidr, cidrContains, cidrOf, parseCidr } from '../address/cidr.ts';
import {
  type IpAddress,
  type IpFamily,
  ipv4,
  ipv6,
  parseIpAddress,
} from '../address/ip-address.ts';
import type { HostDocument } from '../resources/host-document.ts';
import type { Problem, ProblemCode } from '../source/problem.ts';
import type { HostInterface, Route } from './host.ts';
import { routeTableName } from './route-table-name.ts';

type WrittenRoute = HostDocument['routes'][number];

/** The metric of an IPv6 route that names none. Source: include/net/ip6_route.h, IP6_RT_PRIO_USER. */
const IPV6_USER_METRIC = 1024;

const IN_LOCAL: readonly WrittenRoute['type'][] = ['local', 'broadcast', 'anycast'];

/** The routes of a Host document, families and devices filled in; what the kernel would refuse is a problem. */
export function buildRoutes(
  document: HostDocument,
  interfaces: readonly HostInterface[],
): { readonly routes: readonly Route[]; readonly problems: readonly Problem[] } {
  const routes: Route[] = [];
  const problems: Problem[] = [];
  for (const written of document.routes) {
    for (const to of destinations(written)) {
      const route = buildRoute(written, to, interfaces);
      const problem = checkRoute(written, route, interfaces);
      if (problem === undefined) routes.push(route);
      else problems.push(problem);
    }
  }
  return { routes, problems };
}

/** `to: default` is the family of `via`, then of `src`; both families without either. */
function destinations(written: WrittenRoute): readonly Cidr[] {
  if (written.to !== 'default') {
    const to = parseCidr(written.to);
    if (to === undefined) throw new Error(`INVARIANT: checked route destination \`${written.to}\``);
    return [to];
  }
  const hint = written.via ?? written.src;
  const family = hint === undefined ? undefined : getAddress(hint).family;
  const both = [cidrOf(ipv4(0), 0), cidrOf(ipv6(0, 0, 0, 0), 0)];
  return both.filter((to) => family === undefined || to.network.family === family);
}

function buildRoute(written: WrittenRoute, to: Cidr, interfaces: readonly HostInterface[]): Route {
  const family = to.network.family;
  const via = written.via === undefined ? undefined : getAddress(written.via);
  return {
    family,
    type: written.type,
    to,
    via,
    dev: written.dev ?? deviceOf(written, via, interfaces),
    metric: metricOf(written, family),
    // As iproute2 does: these go to table local unless another is named.
    table: routeTableName(written.table ?? (IN_LOCAL.includes(written.type) ? 'local' : 'main')),
    src: written.src === undefined ? undefined : getAddress(written.src),
    notModelled: written.notModelled,
  };
}

function metricOf(written: WrittenRoute, family: IpFamily): number {
  if (family === 4) return written.metric ?? 0;
  return written.metric === undefined || written.metric === 0 ? IPV6_USER_METRIC : written.metric;
}

/** The device that the kernel finds for a gateway: the interface with the narrowest subnet that holds it. */
function deviceOf(
  written: WrittenRoute,
  via: IpAddress | undefined,
  interfaces: readonly HostInterface[],
): string | undefined {
  if (written.type === 'local') return 'lo';
  if (via === undefined) return undefined;
  let found: string | undefined;
  let longest = -1;
  for (const { name, addresses } of interfaces) {
    for (const { cidr } of addresses) {
      if (cidr.prefixLength > longest && cidrContains(cidr, via)) {
        found = name;
        longest = cidr.prefixLength;
      }
    }
  }
  return found;
}

function checkRoute(
  written: WrittenRoute,
  route: Route,
  interfaces: readonly HostInterface[],
): Problem | undefined {
  if (route.dev !== undefined && !interfaces.some((one) => one.name === route.dev)) {
    const known = interfaces.map((one) => one.name).join(', ');
    return problem(
      written,
      'unknown-reference',
      `the route's interface \`${route.dev}\` is unknown`,
      {
        hint: `The interfaces of this host are ${known}.`,
      },
    );
  }
  if (route.via !== undefined && route.via.family !== route.family) {
    return problem(written, 'invalid-combination', `\`to\` and \`via\` are of different families`, {
      hint: 'Write a gateway of the family of the destination.',
    });
  }
  if (route.type !== 'unicast' || route.dev !== undefined) return undefined;
  if (route.notModelled.length > 0) return undefined;
  if (route.via === undefined) {
    return problem(
      written,
      'missing-field',
      `the route to \`${written.to}\` has neither \`via\` nor \`dev\``,
      {
        hint: 'Name the interface that it leaves by, or a type such as blackhole.',
      },
    );
  }
  return problem(
    written,
    'unknown-reference',
    `no interface's subnet holds the gateway \`${written.via}\``,
    {
      hint: 'Name the interface with `dev`.',
    },
  );
}

function problem(
  written: WrittenRoute,
  code: ProblemCode,
  message: string,
  more: { readonly hint: string },
): Problem {
  return { code, severity: 'error', message, location: written.location, hint: more.hint };
}

function getAddress(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`INVARIANT: checked address \`${text}\``);
  return address;
}
