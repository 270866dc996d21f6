import type {
  KubernetesNetworkPolicy,
  KubernetesPeer,
  KubernetesPolicyRule,
} from '../resources/kubernetes/kubernetes-resources.ts';
import {
  ANY_ENTITY,
  type EntityRule,
  type PolicyRule,
  type RulePort,
} from '../resources/policy-rule.ts';
import type { PolicyResource } from '../resources/resource-set.ts';
import type { SourceLocation } from '../source/location.ts';
import { allowAllRule } from './allow-all-rule.ts';
import { namespaceSelectorOf, podSelectorOf } from './kubernetes-selector.ts';

/** Where Calico puts Kubernetes policies among its own. */
const ORDER = 1000;

/**
 * The Calico policy that a Kubernetes NetworkPolicy becomes: `knp.default.NAME` in its namespace, order 1000.
 * Source: libcalico-go/lib/backend/k8s/conversion, K8sNetworkPolicyToCalico.
 */
export function convertNetworkPolicy(policy: KubernetesNetworkPolicy): PolicyResource {
  const { metadata } = policy;
  return {
    api: 'v3',
    kind: 'KubernetesNetworkPolicy',
    metadata: { ...metadata, name: `knp.default.${metadata.name}` },
    tier: 'default',
    order: ORDER,
    selector: podSelectorOf(policy.podSelector, metadata.location),
    namespaceSelector: undefined,
    serviceAccountSelector: undefined,
    types: policy.types ?? (policy.egress.length > 0 ? ['ingress', 'egress'] : ['ingress']),
    ingress: policy.ingress.flatMap((rule, index) => convertRule(rule, index, 'source')),
    egress: policy.egress.flatMap((rule, index) => convertRule(rule, index, 'destination')),
    doNotTrack: false,
    preDNAT: false,
    applyOnForward: false,
  };
}

/** Peers are alternatives, and so are ports; Calico's criteria are ANDed, so there is one rule for each peer and protocol. */
function convertRule(
  rule: KubernetesPolicyRule,
  index: number,
  peerSide: 'source' | 'destination',
): readonly PolicyRule[] {
  const peers = rule.peers.length > 0 ? rule.peers : [undefined];
  const groups = groupPorts(rule);
  return peers.flatMap((peer) =>
    groups.map(({ protocol, ports }) => {
      const entity = peer === undefined ? ANY_ENTITY : convertPeer(peer, rule.location);
      const source = peerSide === 'source' ? entity : ANY_ENTITY;
      const destination =
        peerSide === 'destination' ? { ...entity, ports } : { ...ANY_ENTITY, ports };
      return { ...allowAllRule(rule.location), protocol, source, destination, index };
    }),
  );
}

interface PortGroup {
  readonly protocol: number | undefined;
  readonly ports: readonly RulePort[];
}

function groupPorts({ ports }: KubernetesPolicyRule): readonly PortGroup[] {
  if (ports.length === 0) return [{ protocol: undefined, ports: [] }];
  const groups = new Map<number, RulePort[]>();
  /** Protocols of which every port is meant. */
  const whole = new Set<number>();
  for (const { protocol, port, endPort } of ports) {
    const group = groups.get(protocol) ?? [];
    groups.set(protocol, group);
    if (port === undefined) whole.add(protocol);
    else if (typeof port === 'string') group.push({ kind: 'named', name: port });
    else group.push({ kind: 'numeric', range: { first: port, last: endPort ?? port } });
  }
  return [...groups].map(([protocol, group]) => ({
    protocol,
    ports: whole.has(protocol) ? [] : group,
  }));
}

function convertPeer(peer: KubernetesPeer, location: SourceLocation): EntityRule {
  if (peer.kind === 'block') return { ...ANY_ENTITY, nets: [peer.cidr], notNets: peer.except };
  const { podSelector, namespaceSelector } = peer;
  return {
    ...ANY_ENTITY,
    // Namespaces alone select their pods, not whatever else has their labels.
    selector: podSelectorOf(podSelector ?? [], location),
    namespaceSelector:
      namespaceSelector === undefined
        ? undefined
        : namespaceSelectorOf(namespaceSelector, location),
  };
}
