import type { Fields } from '../reading/fields.ts';
import type { ResourceCollector } from '../resource-collector.ts';
import { type DescribedService, readEndpointSlice, readEndpoints } from './read-endpoints.ts';
import { readKubernetesNetworkPolicy } from './read-network-policy.ts';
import { readNamespace, readPod, readServiceAccount } from './read-pod.ts';
import { readService } from './read-service.ts';

/** The Kubernetes kinds that are read, each with its apiVersion. */
export const KUBERNETES_KINDS = {
  Service: 'v1',
  Endpoints: 'v1',
  Namespace: 'v1',
  ServiceAccount: 'v1',
  Pod: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
} as const;

/** A Kubernetes kind that is read. */
export type KubernetesKind = keyof typeof KUBERNETES_KINDS;

/** Reads one Kubernetes document at its root into the collection. */
export function readKubernetesDocument(
  kind: KubernetesKind,
  root: Fields,
  into: ResourceCollector,
): void {
  switch (kind) {
    case 'Service':
      collect(kind, root, into, readService(root), into.services);
      return;
    case 'Namespace':
      collect(kind, root, into, readNamespace(root), into.namespaces);
      return;
    case 'ServiceAccount':
      collect(kind, root, into, readServiceAccount(root), into.serviceAccounts);
      return;
    case 'Pod':
      collect(kind, root, into, readPod(root), into.pods);
      return;
    case 'NetworkPolicy':
      collect(kind, root, into, readKubernetesNetworkPolicy(root), into.kubernetesPolicies);
      return;
    case 'Endpoints':
      collectEndpoints(readEndpoints(root), into);
      return;
    case 'EndpointSlice':
      collectEndpoints(readEndpointSlice(root), into);
      return;
  }
}

function collectEndpoints({ service, endpoints }: DescribedService, into: ResourceCollector): void {
  if (service !== undefined) into.describedServices.push(service);
  for (const endpoint of endpoints) into.serviceEndpoints.push(endpoint);
}

function collect<
  T extends {
    readonly metadata: { readonly name: string; readonly namespace: string | undefined };
  },
>(
  kind: KubernetesKind,
  root: Fields,
  into: ResourceCollector,
  resource: T | undefined,
  list: T[],
): void {
  if (resource === undefined) return;
  into.identify(root, `Kubernetes ${kind}`, resource.metadata.namespace, resource.metadata.name);
  list.push(resource);
}
