import { type Cidr, hostCidr, splitCatchAll } from '../address/cidr.ts';
import type { NamedPort } from '../resources/metadata.ts';
import type {
  HostEndpoint,
  NetworkSet,
  Profile,
  ResourceSet,
  WorkloadEndpoint,
} from '../resources/resource-set.ts';
import type { Labels } from '../resources/selector/selector.ts';

/** Something of the cluster that selectors in rules may pick, with the labels that it has and inherits. */
export interface LabelledEndpoint {
  readonly labels: Labels;
  readonly nets: readonly Cidr[];
  readonly ports: readonly NamedPort[];
}

/** The label that every v3 endpoint in a namespace carries. */
export const NAMESPACE_LABEL = 'projectcalico.org/namespace';
/** The label of a workload that runs under a Kubernetes service account. */
export const SERVICE_ACCOUNT_LABEL = 'projectcalico.org/serviceaccount';

/** The label by which an endpoint carries a v1 tag. No document can write it: a label has no blanks. */
export function tagLabel(tag: string): string {
  return `tag ${tag}`;
}

/** Profiles by name. */
export type ProfilesByName = ReadonlyMap<string, Profile>;

/**
 * The endpoint's own labels, then those of its profiles in listed order; the first that has a key wins. v1 tags of profiles are
 * added under `tagLabel`. A missing profile gives nothing.
 *
 * Source: `calico-semantics` 2; felix/labelindex/label_inheritance_index.go.
 */
function inheritLabels(own: Labels, profiles: readonly string[], byName: ProfilesByName): Labels {
  let labels: Map<string, string> | undefined;
  for (const name of profiles) {
    const profile = byName.get(name);
    if (profile === undefined || profile.labels.size + profile.tags.length === 0) continue;
    labels ??= new Map(own);
    for (const [key, value] of profile.labels) if (!labels.has(key)) labels.set(key, value);
    for (const tag of profile.tags) labels.set(tagLabel(tag), '');
  }
  return labels ?? own;
}

/** The labels that selectors see on a host endpoint. */
export function hostEndpointLabels(endpoint: HostEndpoint, profiles: ProfilesByName): Labels {
  return inheritLabels(endpoint.metadata.labels, endpoint.profiles, profiles);
}

/** The labels that selectors see on a workload endpoint; a v3 one also carries its namespace and orchestrator. */
export function workloadLabels(endpoint: WorkloadEndpoint, profiles: ProfilesByName): Labels {
  const labels = new Map(endpoint.metadata.labels);
  if (endpoint.api === 'v3') {
    const { namespace } = endpoint.metadata;
    if (namespace !== undefined) labels.set(NAMESPACE_LABEL, namespace);
    if (endpoint.orchestrator !== undefined) {
      labels.set('projectcalico.org/orchestrator', endpoint.orchestrator);
    }
  }
  return inheritLabels(labels, endpoint.profiles, profiles);
}

/** A network set in a namespace carries the namespace, and inherits the labels of the namespace's profile. */
function networkSetLabels(set: NetworkSet, profiles: ProfilesByName): Labels {
  const { namespace } = set.metadata;
  if (namespace === undefined) return set.metadata.labels;
  const labels = new Map(set.metadata.labels);
  labels.set(NAMESPACE_LABEL, namespace);
  return inheritLabels(labels, [`kns.${namespace}`], profiles);
}

/**
 * Everything that a rule's selector may pick: workload endpoints by their networks, host endpoints by their expectedIPs alone,
 * network sets by their nets. Of the whole cluster, not of one node.
 *
 * Source: `calico-semantics` 4, "IP set membership for a selector".
 */
export function clusterEndpoints(
  resources: ResourceSet,
  profiles: ProfilesByName,
): readonly LabelledEndpoint[] {
  const endpoints: LabelledEndpoint[] = [];
  for (const endpoint of resources.workloadEndpoints) {
    endpoints.push({
      labels: workloadLabels(endpoint, profiles),
      nets: endpoint.ipNetworks,
      ports: endpoint.ports,
    });
  }
  for (const endpoint of resources.hostEndpoints) {
    if (endpoint.expectedIPs.length === 0) continue;
    endpoints.push({
      labels: hostEndpointLabels(endpoint, profiles),
      nets: endpoint.expectedIPs.map(hostCidr),
      ports: endpoint.ports,
    });
  }
  for (const set of resources.networkSets) {
    endpoints.push({
      labels: networkSetLabels(set, profiles),
      nets: set.nets.flatMap(splitCatchAll),
      ports: [],
    });
  }
  return endpoints;
}
