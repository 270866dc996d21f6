import type { Profile, ResourceSet, WorkloadEndpoint } from '../resources/resource-set.ts';
import { convertNetworkPolicy } from './kubernetes-network-policy.ts';
import {
  convertNamespace,
  convertPod,
  convertServiceAccount,
  namespaceProfileName,
} from './kubernetes-pod.ts';

/**
 * The set with what Kubernetes documents mean to Calico added: policies, workload endpoints and profiles of pods,
 * namespaces and service accounts. The same set where there is nothing of Kubernetes in it, and again when it is expanded already:
 * what Calico documents say of the same object wins.
 */
export function expandKubernetes(resources: ResourceSet): ResourceSet {
  const { kubernetes } = resources;
  const { pods, namespaces, serviceAccounts, networkPolicies } = kubernetes;
  if (
    pods.length + namespaces.length + serviceAccounts.length + networkPolicies.length === 0 ||
    resources.policies.some(({ kind }) => kind === 'KubernetesNetworkPolicy')
  ) {
    return resources;
  }
  return {
    ...resources,
    policies: [...resources.policies, ...networkPolicies.map(convertNetworkPolicy)],
    workloadEndpoints: addMissing(
      resources.workloadEndpoints,
      pods.flatMap((pod) => convertPod(pod) ?? []),
      workloadKey,
    ),
    profiles: mergeProfiles(resources.profiles, kubernetesProfiles(resources)),
  };
}

/** Namespaces and service accounts; a namespace that only a pod names exists all the same. */
function kubernetesProfiles({ kubernetes }: ResourceSet): readonly Profile[] {
  const profiles = [
    ...kubernetes.namespaces.map(convertNamespace),
    ...kubernetes.serviceAccounts.map(convertServiceAccount),
  ];
  for (const { metadata } of kubernetes.pods) {
    const name = metadata.namespace ?? 'default';
    if (profiles.some((profile) => profile.metadata.name === namespaceProfileName(name))) continue;
    profiles.push(
      convertNamespace({
        metadata: { name, namespace: undefined, labels: new Map(), location: metadata.location },
      }),
    );
  }
  return profiles;
}

function addMissing<T>(
  written: readonly T[],
  made: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const known = new Set(written.map(keyOf));
  return [...written, ...made.filter((item) => !known.has(keyOf(item)))];
}

function workloadKey({ metadata }: WorkloadEndpoint): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A profile that a document writes out keeps its rules, and gains the labels that the Kubernetes object has beside its own. */
function mergeProfiles(written: readonly Profile[], made: readonly Profile[]): readonly Profile[] {
  const byName = new Map(made.map((profile) => [profile.metadata.name, profile]));
  const merged = written.map((profile) => {
    const other = byName.get(profile.metadata.name);
    if (other === undefined) return profile;
    byName.delete(profile.metadata.name);
    return { ...profile, labels: new Map([...other.labels, ...profile.labels]) };
  });
  return [...merged, ...byName.values()];
}
