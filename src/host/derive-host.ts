import { cidrOf, hostCidr } from '../address/cidr.ts';
import { type IpAddress, ipv4, ipv6, sameIpAddress } from '../address/ip-address.ts';
import type { HostEndpoint, WorkloadEndpoint } from '../resources/resource-set.ts';
import { loopbackInterface } from './build-interfaces.ts';
import { defaultRoutingRules } from './build-rules.ts';
import type { Host, HostInterface, Route } from './host.ts';

/**
 * A machine for a node that has no Host document: one interface for each endpoint, default routes through the first named host
 * endpoint, a route to every workload address, forwarding on.
 *
 * - "First" is by the endpoint's name, because the order of documents carries no meaning.
 * - expectedIPs become /32 and /128 addresses of the interface. An endpoint that has only these gets the first free name
 *   among `eth0`, `eth1`, ..., unless another endpoint's interface already has one of them.
 * - A machine on which no endpoint names an interface to the outside (only `*`, only workloads) has `eth0`.
 * - `nodeAddresses`, which other documents know and no endpoint expects, are addresses of the default route's interface.
 */
export function deriveHost(
  node: string,
  hostEndpoints: readonly HostEndpoint[],
  workloadEndpoints: readonly WorkloadEndpoint[],
  nodeAddresses: readonly IpAddress[] = [],
): Host {
  const workloads = byName(workloadEndpoints.filter((one) => one.node === node));
  const outside = outsideInterfaces(
    byName(hostEndpoints.filter((one) => one.node === node)),
    new Set(workloads.map((one) => one.interfaceName)),
  );
  const uplink = [...outside.keys()][0] as string;
  for (const address of nodeAddresses) {
    addAddress(outside, uplink, address, [...outside.values()].flat());
  }
  for (const { interfaceName } of workloads) {
    if (!outside.has(interfaceName)) outside.set(interfaceName, []);
  }
  const links = [...outside].map(([name, addresses]) => link(name, addresses));
  return {
    name: node,
    interfaces: [loopbackInterface(), ...links],
    routes: [...defaultRoutes(uplink), ...workloads.flatMap(workloadRoutes)],
    derivedRoutes: true,
    rules: [...defaultRoutingRules(4), ...defaultRoutingRules(6)],
    sysctls: new Map(),
    iptables: undefined,
    ip6tables: undefined,
    ipsets: undefined,
    connections: undefined,
    notModelled: [],
    derived: true,
  };
}

/** Interface names of host endpoints with their addresses, the uplink first; never empty. */
function outsideInterfaces(
  endpoints: readonly HostEndpoint[],
  taken: ReadonlySet<string>,
): Map<string, IpAddress[]> {
  const found = new Map<string, IpAddress[]>();
  const named = endpoints.filter(
    (one) => one.interfaceName !== undefined && one.interfaceName !== '*',
  );
  for (const { interfaceName, expectedIPs } of named) {
    const name = interfaceName as string;
    const addresses = found.get(name) ?? [];
    found.set(name, addresses);
    for (const address of expectedIPs) addAddress(found, name, address, addresses);
  }
  for (const { expectedIPs } of endpoints.filter((one) => one.interfaceName === undefined)) {
    const known = [...found.values()].flat();
    if (expectedIPs.some((ip) => known.some((other) => sameIpAddress(ip, other)))) continue;
    const name = freeName(found, taken);
    found.set(name, [...expectedIPs]);
  }
  if (found.size === 0) found.set(freeName(found, taken), []);
  return found;
}

function addAddress(
  interfaces: Map<string, IpAddress[]>,
  name: string,
  address: IpAddress,
  known: readonly IpAddress[],
): void {
  if (!known.some((other) => sameIpAddress(other, address))) interfaces.get(name)?.push(address);
}

function freeName(found: ReadonlyMap<string, unknown>, taken: ReadonlySet<string>): string {
  for (let i = 0; ; i++) if (!found.has(`eth${i}`) && !taken.has(`eth${i}`)) return `eth${i}`;
}

function link(name: string, addresses: readonly IpAddress[]): HostInterface {
  return {
    name,
    addresses: addresses.map((address) => ({ address, cidr: hostCidr(address) })),
    mac: undefined,
    up: true,
    master: undefined,
    type: undefined,
  };
}

function defaultRoutes(dev: string): readonly Route[] {
  return [cidrOf(ipv4(0), 0), cidrOf(ipv6(0, 0, 0, 0), 0)].map((to) => unicast(to, dev));
}

function workloadRoutes(workload: WorkloadEndpoint): readonly Route[] {
  return workload.ipNetworks.map((to) => unicast(to, workload.interfaceName));
}

function unicast(to: Route['to'], dev: string): Route {
  const family = to.network.family;
  const metric = family === 4 ? 0 : 1024;
  return {
    family,
    type: 'unicast',
    to,
    via: undefined,
    dev,
    metric,
    table: 'main',
    src: undefined,
    notModelled: [],
  };
}

function byName<T extends { readonly metadata: { readonly name: string } }>(
  endpoints: readonly T[],
): readonly T[] {
  return [...endpoints].sort((a, b) =>
    a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0,
  );
}
