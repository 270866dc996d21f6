import { hasInterfacePrefix } from '../address/interface-name.ts';
import { sameIpAddress } from '../address/ip-address.ts';
import type { HostEndpoint } from '../resources/resource-set.ts';
import { compareText } from './policy-order.ts';

/** An interface as host endpoints are matched with it. */
type Interface = { readonly name: string; readonly addresses: HostEndpoint['expectedIPs'] };

/** A node's host endpoints, divided into those in force and the others. */
export interface ActiveHostEndpoints {
  /** In force, by name; `interfaces` is empty for the `*` endpoint. */
  readonly active: readonly {
    readonly endpoint: HostEndpoint;
    readonly interfaces: readonly string[];
  }[];
  readonly inactive: readonly { readonly endpoint: HostEndpoint; readonly reason: string }[];
}

/**
 * Which of a node's host endpoints is in force on which interface.
 *
 * Interfaces of workloads are no candidates. An endpoint matches an interface by its interfaceName alone, or, without one, by any
 * of its expectedIPs. Of several matches the smallest name wins, however it matched. Of several `*` endpoints too.
 *
 * Source: `calico-semantics` 7; felix/dataplane/linux/endpoint_mgr.go, resolveHostEndpoints.
 */
export function resolveActiveHostEndpoints(input: {
  /** Of this node. */
  readonly endpoints: readonly HostEndpoint[];
  readonly interfaces: readonly Interface[];
  readonly interfacePrefixes: readonly string[];
  /** Whether the version knows `*`. */
  readonly wildcards: boolean;
}): ActiveHostEndpoints {
  const byName = [...input.endpoints].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  const candidates = input.interfaces.filter(
    ({ name }) => !hasInterfacePrefix(name, input.interfacePrefixes),
  );
  const wildcard = byName.find((endpoint) => endpoint.interfaceName === '*');
  const owners = new Map<string, HostEndpoint>();
  for (const candidate of candidates) {
    const owner = byName.find((endpoint) => matches(endpoint, candidate));
    if (owner !== undefined) owners.set(candidate.name, owner);
  }
  const active: { endpoint: HostEndpoint; interfaces: readonly string[] }[] = [];
  const inactive: { endpoint: HostEndpoint; reason: string }[] = [];
  for (const endpoint of byName) {
    const interfaces = [...owners].filter(([, owner]) => owner === endpoint).map(([name]) => name);
    const isInForce = interfaces.length > 0 || (input.wildcards && endpoint === wildcard);
    if (isInForce) active.push({ endpoint, interfaces });
    else inactive.push({ endpoint, reason: reasonAgainst(endpoint) });
  }
  return { active, inactive };

  function reasonAgainst(endpoint: HostEndpoint): string {
    const { interfaceName } = endpoint;
    if (interfaceName === '*') {
      return input.wildcards
        ? `host endpoint \`${wildcard?.metadata.name}\` is also for \`*\` and comes first by name`
        : 'this Calico version has no endpoints for every interface (`*`)';
    }
    const matched = candidates.filter((candidate) => matches(endpoint, candidate));
    if (matched.length > 0) {
      return matched
        .map(({ name }) => {
          const owner = owners.get(name)?.metadata.name;
          return `host endpoint \`${owner}\` also matches interface \`${name}\` and comes first by name`;
        })
        .join('; ');
    }
    if (interfaceName === undefined) {
      return 'no interface of the host has any of its expectedIPs';
    }
    if (hasInterfacePrefix(interfaceName, input.interfacePrefixes)) {
      return `interface \`${interfaceName}\` is a workload's, by its name`;
    }
    return `the host has no interface \`${interfaceName}\``;
  }
}

function matches(endpoint: HostEndpoint, candidate: Interface): boolean {
  if (endpoint.interfaceName !== undefined) return endpoint.interfaceName === candidate.name;
  return endpoint.expectedIPs.some((expected) =>
    candidate.addresses.some((address) => sameIpAddress(address, expected)),
  );
}
