import type {
  KubernetesResources,
  Pod,
  Service,
  ServiceEndpoint,
  ServicePort,
} from './kubernetes-resources.ts';

/** The endpoints of a Service that can take connections: those that documents give, or else those that its selector finds among the pods. */
export function findServiceEndpoints(
  { services, endpoints, describedServices, pods }: KubernetesResources,
  { name, namespace }: { readonly name: string; readonly namespace: string | undefined },
): readonly ServiceEndpoint[] {
  const written = endpoints.filter(
    (endpoint) => endpoint.service === name && endpoint.namespace === namespace,
  );
  const isDescribed = describedServices.some(
    (described) => described.name === name && described.namespace === namespace,
  );
  // None is what there is while no pod is ready.
  if (isDescribed || written.length > 0) return written;
  const service = services.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  return service === undefined ? [] : endpointsOfPods(service, pods);
}

/** Those that are ready; where none is, those that still serve while they go away. Source: kube-proxy, CategorizeEndpoints. */
export function usableEndpoints(endpoints: readonly ServiceEndpoint[]): readonly ServiceEndpoint[] {
  const ready = endpoints.filter(({ terminating }) => !terminating);
  return ready.length > 0 ? ready : endpoints;
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
        terminating: false,
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
