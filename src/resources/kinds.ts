import { readFelixConfiguration } from './felix-configuration.ts';
import { readHostEndpoint, readV1HostEndpoint } from './host-endpoint.ts';
import { readIpPool, readV1IpPool } from './ip-pool.ts';
import {
  KUBERNETES_KINDS,
  type KubernetesKind,
  readKubernetesDocument,
} from './kubernetes/read-kubernetes-document.ts';
import { readGlobalNetworkSet, readNetworkSet } from './network-set.ts';
import { readNode, readV1Node } from './node.ts';
import { readGlobalNetworkPolicy, readNetworkPolicy, readV1Policy } from './policy.ts';
import { readProfile, readV1Profile } from './profile.ts';
import { readHostDocument } from './read-host-document.ts';
import { readScenarioDocument } from './read-scenario-document.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import { readTier } from './tier.ts';
import { readV1WorkloadEndpoint, readWorkloadEndpoint } from './workload-endpoint.ts';

/** Reads a document of one kind into the collector. Everything wrong with it is reported, nothing is thrown. */
export type KindReader = (document: Fields, collector: ResourceCollector) => void;

const CALICO: readonly (readonly [string, KindReader])[] = [
  ['HostEndpoint', readHostEndpoint],
  ['GlobalNetworkPolicy', readGlobalNetworkPolicy],
  ['NetworkPolicy', readNetworkPolicy],
  ['GlobalNetworkSet', readGlobalNetworkSet],
  ['NetworkSet', readNetworkSet],
  ['Profile', readProfile],
  ['WorkloadEndpoint', readWorkloadEndpoint],
  ['Tier', readTier],
  ['Node', readNode],
  ['IPPool', readIpPool],
  ['FelixConfiguration', readFelixConfiguration],
];

/** The current API, and how its resources are spelled where Kubernetes stores them. */
export const CALICO_API_VERSIONS: readonly string[] = [
  'projectcalico.org/v3',
  'crd.projectcalico.org/v1',
];

const KUBERNETES = Object.keys(KUBERNETES_KINDS) as readonly KubernetesKind[];

/** Every kind that is read, by `apiVersion/kind`. */
export const KIND_READERS: ReadonlyMap<string, KindReader> = new Map([
  ...CALICO_API_VERSIONS.flatMap((version) =>
    CALICO.map(([kind, reader]) => [`${version}/${kind}`, reader] as const),
  ),
  ['v1/hostEndpoint', readV1HostEndpoint] as const,
  ['v1/policy', readV1Policy] as const,
  ['v1/profile', readV1Profile] as const,
  ['v1/workloadEndpoint', readV1WorkloadEndpoint] as const,
  ['v1/node', readV1Node] as const,
  ['v1/ipPool', readV1IpPool] as const,
  ['hepsim/v1/Host', readHost] as const,
  ['hepsim/v1/Scenario', readScenario] as const,
  ...KUBERNETES.map(
    (kind) => [`${KUBERNETES_KINDS[kind]}/${kind}`, kubernetesReader(kind)] as const,
  ),
]);

function kubernetesReader(kind: KubernetesKind): KindReader {
  return (document, collector) => readKubernetesDocument(kind, document, collector);
}

function readHost(document: Fields, collector: ResourceCollector): void {
  const host = readHostDocument(document);
  if (host === undefined) return;
  collector.hosts.push(host);
  collector.identify(document, 'Host', host.metadata.name);
}

function readScenario(document: Fields, collector: ResourceCollector): void {
  const scenario = readScenarioDocument(document);
  if (scenario === undefined) return;
  collector.scenarios.push(scenario);
}

/** Kinds of Calico that say nothing of packets on a host, or that Felix does not program. */
export const IGNORED_CALICO_KINDS: ReadonlySet<string> = new Set([
  'BGPConfiguration',
  'BGPFilter',
  'BGPPeer',
  'BlockAffinity',
  'CalicoNodeStatus',
  'ClusterInformation',
  'IPAMBlock',
  'IPAMConfig',
  'IPAMConfiguration',
  'IPAMHandle',
  'IPReservation',
  'KubeControllersConfiguration',
  'RemoteClusterConfiguration',
  'StagedGlobalNetworkPolicy',
  'StagedKubernetesNetworkPolicy',
  'StagedNetworkPolicy',
]);
