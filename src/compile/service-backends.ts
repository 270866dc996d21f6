import { compareIpAddresses, type IpFamily } from '../address/ip-address.ts';
import { renderProtocol } from '../address/protocol.ts';
import type {
  KubernetesResources,
  Service,
  ServiceEndpoint,
  ServicePort,
} from '../resources/kubernetes/kubernetes-resources.ts';
import { findServiceEndpoints } from '../resources/kubernetes/service-endpoints.ts';

/** One port of a Service with the endpoints of one family behind it, in order of address and port. */
export interface ServiceBackends {
  readonly service: Service;
  readonly port: ServicePort;
  /** `namespace/name:port/protocol`, for people and for names of chains. */
  readonly name: string;
  readonly endpoints: readonly ServiceEndpoint[];
}

/** Pairs every Service port with its endpoints, ordered by name so that output does not depend on the order of documents. */
export function findServiceBackends(
  resources: KubernetesResources,
  family: IpFamily,
): readonly ServiceBackends[] {
  const found: ServiceBackends[] = [];
  for (const service of resources.services) {
    if (service.type === 'ExternalName' || service.headless) continue;
    const all = findServiceEndpoints(resources, service.metadata);
    if (!isOfFamily(service, all, family)) continue;
    for (const port of service.ports) {
      const name = `${service.metadata.namespace}/${service.metadata.name}:${port.name ?? ''}`;
      found.push({
        service,
        port,
        name: `${name}/${renderProtocol(port.protocol)}/${port.port}`,
        endpoints: uniqueEndpoints(
          all.filter(
            (endpoint) =>
              endpoint.address.family === family &&
              endpoint.protocol === port.protocol &&
              (endpoint.portName ?? '') === (port.name ?? ''),
          ),
        ),
      });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Whether kube-proxy's instance for the family knows the Service at all: by its cluster addresses, which the API server always
 * gives; a document that does not say is of ipFamilies, else of its endpoints' families, else IPv4.
 */
function isOfFamily(
  service: Service,
  endpoints: readonly ServiceEndpoint[],
  family: IpFamily,
): boolean {
  const byAddress = service.clusterIPs.map((address) => address.family);
  const stated = byAddress.length > 0 ? byAddress : service.ipFamilies;
  if (stated.length > 0) return stated.includes(family);
  const found = endpoints.map(({ address }) => address.family);
  return found.length > 0 ? found.includes(family) : family === 4;
}

/** The same endpoint may stand in Endpoints and in its EndpointSlice. */
function uniqueEndpoints(endpoints: readonly ServiceEndpoint[]): readonly ServiceEndpoint[] {
  const sorted = [...endpoints].sort(
    (a, b) => compareIpAddresses(a.address, b.address) || a.port - b.port,
  );
  return sorted.filter((endpoint, i) => {
    const before = sorted[i - 1];
    return (
      before === undefined ||
      compareIpAddresses(before.address, endpoint.address) !== 0 ||
      before.port !== endpoint.port
    );
  });
}
