import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { hostCidr } from '../address/cidr.ts';
import type {
  Namespace,
  Pod,
  ServiceAccount,
} from '../resources/kubernetes/kubernetes-resources.ts';
import type { PolicyRule } from '../resources/policy-rule.ts';
import type { Profile, WorkloadEndpoint } from '../resources/resource-set.ts';
import type { SourceLocation } from '../source/location.ts';
import { allowAllRule } from './allow-all-rule.ts';
import { ORCHESTRATOR_LABEL } from './kubernetes-selector.ts';

/**
 * The workload endpoint that Calico makes of a pod; undefined for one that has no network of its own (yet).
 * Source: libcalico-go/lib/backend/k8s/conversion, defaultWorkloadEndpointConverter.
 */
export function convertPod(pod: Pod): WorkloadEndpoint | undefined {
  const { metadata, node, addresses, hostNetwork, serviceAccount, ports, ready } = pod;
  if (node === undefined || addresses.length === 0 || hostNetwork || !ready) return undefined;
  const namespace = metadata.namespace ?? 'default';
  const labels = new Map(metadata.labels);
  labels.set('projectcalico.org/namespace', namespace);
  labels.set(ORCHESTRATOR_LABEL, 'k8s');
  labels.set('projectcalico.org/serviceaccount', serviceAccount);
  return {
    api: 'v3',
    metadata: { ...metadata, name: workloadEndpointName(node, metadata.name), labels },
    node,
    interfaceName: podInterfaceName(namespace, metadata.name),
    ipNetworks: addresses.map(hostCidr),
    ipNats: [],
    profiles: [
      namespaceProfileName(namespace),
      serviceAccountProfileName(namespace, serviceAccount),
    ],
    ports,
  };
}

/** `cali` and 11 hexadecimal digits: the host's end of a pod's veth pair. */
export function podInterfaceName(namespace: string, pod: string): string {
  return `cali${bytesToHex(sha1(utf8ToBytes(`${namespace}.${pod}`))).slice(0, 11)}`;
}

/** `NODE-k8s-POD-eth0`, with the dashes of each part doubled. */
function workloadEndpointName(node: string, pod: string): string {
  const doubled = (part: string): string => part.replaceAll('-', '--');
  return `${doubled(node)}-k8s-${doubled(pod)}-eth0`;
}

/** The name of the profile that a namespace becomes. */
export function namespaceProfileName(namespace: string): string {
  return `kns.${namespace}`;
}

function serviceAccountProfileName(namespace: string, serviceAccount: string): string {
  return `ksa.${namespace}.${serviceAccount}`;
}

/** The profile of a namespace: its labels under `pcns.`, and everything allowed where no policy is. */
export function convertNamespace({ metadata }: Namespace): Profile {
  const { name, location } = metadata;
  const labels = new Map([
    ['pcns.kubernetes.io/metadata.name', name],
    ['pcns.projectcalico.org/name', name],
  ]);
  for (const [key, value] of metadata.labels) labels.set(`pcns.${key}`, value);
  return profile(namespaceProfileName(name), labels, location, [allowAllRule(location)]);
}

/** The profile of a service account: its labels under `pcsa.`; it allows nothing by itself. */
export function convertServiceAccount({ metadata }: ServiceAccount): Profile {
  const { name, location } = metadata;
  const labels = new Map([['pcsa.projectcalico.org/name', name]]);
  for (const [key, value] of metadata.labels) labels.set(`pcsa.${key}`, value);
  const profileName = serviceAccountProfileName(metadata.namespace ?? 'default', name);
  return profile(profileName, labels, location, []);
}

function profile(
  name: string,
  labels: ReadonlyMap<string, string>,
  location: SourceLocation,
  rules: readonly PolicyRule[],
): Profile {
  return {
    api: 'v3',
    metadata: { name, namespace: undefined, labels: new Map(), location },
    labels,
    tags: [],
    ingress: rules,
    egress: rules,
  };
}
