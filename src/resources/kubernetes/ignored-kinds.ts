/** Groups of Kubernetes none of whose kinds says anything of a host's packets: what runs, who may, where it is kept. */
const GROUPS: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** Such kinds of groups of which others are read, or matter. */
const KINDS: ReadonlySet<string> = new Set([
  ...[
    'ComponentStatus',
    'ConfigMap',
    'Event',
    'LimitRange',
    'Node',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'PodTemplate',
    'ReplicationController',
    'ResourceQuota',
    'Secret',
  ].map((kind) => `v1/${kind}`),
  'networking.k8s.io/v1/Ingress',
  'networking.k8s.io/v1/IngressClass',
]);

/** Whether a kind of Kubernetes stands beside those that take part, as in a folder of manifests, and is to be passed over with a note. */
export function isIgnoredKubernetesKind(apiVersion: string, kind: string): boolean {
  const [group = '', version, ...more] = apiVersion.split('/');
  const isOfGroup = version !== undefined && more.length === 0 && GROUPS.has(group);
  return isOfGroup || KINDS.has(`${apiVersion}/${kind}`);
}
