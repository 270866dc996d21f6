import type { ResourceSet } from '../resources/resource-set.ts';

/**
 * The set with what Kubernetes documents mean to Calico added: policies, workload endpoints and profiles of pods,
 * namespaces and service accounts. The same set where there is nothing of Kubernetes in it.
 */
export function expandKubernetes(resources: ResourceSet): ResourceSet {
  return resources;
}
