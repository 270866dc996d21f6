import { compareIpAddresses, type IpFamily } from '../address/ip-address.ts';
import { renderProtocol } from '../address/protocol.ts';
import type {
  KubernetesResources,
  Pod,
  Service,
  ServiceEndpoint,
  ServicePort,
} from '../resources/kubernetes/kubernetes-resources.ts';

/** One port of a Service with the ready endpoints of one family behind it, in order of address and port. */
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
    if (service.type === 'ExternalName') continue;
    const written = resources.endpoints.filter(
      ({ service: name, namespace }) =>
        name === service.metadata.name && namespace === service.metadata.namespace,
    );
    const all = written.length > 0 ? written : endpointsOfPods(service, resources.pods);
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

/** What the endpoints controller would write for a Service with a selector whose Endpoints are not among the documents. */
function endpointsOfPods(service: Service, pods: readonly Pod[]): readonly ServiceEndpoint[] {
  const { selector } = service;
  if (selector === undefined || selector.size === 0) return [];
  const selected = pods.filter(
    ({ metadata, ready }) =>
      ready &&
      metadata.namespace === service.metadata.namespace &&
      [...selector].every(([key, value]) => metadata.labels.get(key) === value),
  );
  return selected.flatMap((pod) =>
    service.ports.flatMap((port) => {
      const number = targetPortOf(port, pod);
      if (number === undefined) return [];
      return pod.addresses.map((address) => ({
        service: service.metadata.name,
        namespace: service.metadata.namespace ?? 'default',
        portName: port.name,
        protocol: port.protocol,
        address,
        port: number,
        node: pod.node,
        location: pod.metadata.location,
      }));
    }),
  );
}

function targetPortOf(port: ServicePort, pod: Pod): number | undefined {
  const { targetPort } = port;
  if (typeof targetPort !== 'string') return targetPort ?? port.port;
  return pod.ports.find(({ name, protocol }) => name === targetPort && protocol === port.protocol)
    ?.port;
}
