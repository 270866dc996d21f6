import type { Cidr } from '../../address/cidr.ts';
import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { SourceLocation } from '../../source/location.ts';
import type { Metadata, NamedPort } from '../metadata.ts';

/** One port of a Service. */
export interface ServicePort {
  readonly name: string | undefined;
  readonly protocol: number;
  readonly port: number;
  /** Number or name of the endpoints' port; undefined: the same as `port`. */
  readonly targetPort: number | string | undefined;
  readonly nodePort: number | undefined;
  readonly location: SourceLocation;
}

/** A v1 Service. */
export interface Service {
  readonly metadata: Metadata;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `clusterIP: None`: names endpoints alone, kube-proxy passes it over. */
  readonly headless: boolean;
  /** Empty for a headless service, and where the document does not say. */
  readonly clusterIPs: readonly IpAddress[];
  readonly ipFamilies: readonly IpFamily[];
  readonly externalIPs: readonly IpAddress[];
  /** status.loadBalancer.ingress[].ip, or spec.loadBalancerIP where there is no status. */
  readonly loadBalancerIPs: readonly IpAddress[];
  readonly loadBalancerSourceRanges: readonly Cidr[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  /** Seconds, or undefined without affinity. */
  readonly sessionAffinitySeconds: number | undefined;
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly ports: readonly ServicePort[];
}

/** Which Service. */
export interface ServiceName {
  readonly name: string;
  readonly namespace: string;
}

/** One address and port of a service that can take connections, from Endpoints or an EndpointSlice. */
export interface ServiceEndpoint {
  readonly service: string;
  readonly namespace: string;
  /** Of the service's port that it backs. */
  readonly portName: string | undefined;
  readonly protocol: number;
  readonly address: IpAddress;
  readonly port: number;
  readonly node: string | undefined;
  /** Going away but still serving: used only where no endpoint is ready. */
  readonly terminating: boolean;
  readonly location: SourceLocation;
}

/** A v1 Namespace; its labels are what matters. */
export interface Namespace {
  readonly metadata: Metadata;
}

/** A v1 ServiceAccount; its labels are what matters. */
export interface ServiceAccount {
  readonly metadata: Metadata;
}

/** A v1 Pod. `ready`: neither succeeded nor failed, so that its address is in use. */
export interface Pod {
  readonly metadata: Metadata;
  readonly node: string | undefined;
  readonly addresses: readonly IpAddress[];
  readonly hostNetwork: boolean;
  readonly serviceAccount: string;
  readonly ports: readonly NamedPort[];
  readonly ready: boolean;
}

/** An element of a Kubernetes label selector. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** matchLabels and matchExpressions together; empty selects everything. */
export type KubernetesSelector = readonly LabelRequirement[];

/** One peer of a NetworkPolicy rule. Without a selector for namespaces, pods are those of the policy's own. */
export type KubernetesPeer =
  | {
      readonly kind: 'pods';
      readonly podSelector: KubernetesSelector | undefined;
      readonly namespaceSelector: KubernetesSelector | undefined;
    }
  | { readonly kind: 'block'; readonly cidr: Cidr; readonly except: readonly Cidr[] };

/** One rule of a NetworkPolicy. Peers are alternatives, and so are ports; none of either: any. */
export interface KubernetesPolicyRule {
  readonly peers: readonly KubernetesPeer[];
  readonly ports: readonly {
    readonly protocol: number;
    /** Number, name, or undefined for every port. */
    readonly port: number | string | undefined;
    readonly endPort: number | undefined;
  }[];
  readonly location: SourceLocation;
}

/** A networking.k8s.io/v1 NetworkPolicy. `types` is undefined where the document leaves it to the rules present. */
export interface KubernetesNetworkPolicy {
  readonly metadata: Metadata;
  readonly podSelector: KubernetesSelector;
  readonly types: readonly ('ingress' | 'egress')[] | undefined;
  readonly ingress: readonly KubernetesPolicyRule[];
  readonly egress: readonly KubernetesPolicyRule[];
}

/** Every Kubernetes document of the input. */
export interface KubernetesResources {
  readonly services: readonly Service[];
  readonly endpoints: readonly ServiceEndpoint[];
  /** The Services whose endpoints documents give, be they none. */
  readonly describedServices: readonly ServiceName[];
  readonly namespaces: readonly Namespace[];
  readonly serviceAccounts: readonly ServiceAccount[];
  readonly pods: readonly Pod[];
  readonly networkPolicies: readonly KubernetesNetworkPolicy[];
}
