import type { Cidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { PortRange } from '../address/port-range.ts';
import type { CalicoVersion } from '../resources/calico-version.ts';
import type { RuleAction } from '../resources/policy-rule.ts';
import type { HostEndpoint, NotModelled, WorkloadEndpoint } from '../resources/resource-set.ts';
import type { SourceLocation } from '../source/location.ts';
import type { FelixConfig } from './felix-config.ts';
import type { VersionFacts } from './version-facts.ts';

/** The addresses behind a selector, tag, or service. Equal ids have equal members; members are sorted, both families. */
export interface AddressSet {
  /** A normal form, such as the selector's; stable between runs, of any length. */
  readonly id: string;
  readonly description: string;
  readonly members: readonly Cidr[];
}

/** The addresses and ports behind a named port or a service. */
export interface PortSet {
  readonly id: string;
  readonly description: string;
  readonly members: readonly {
    readonly address: IpAddress;
    readonly protocol: number;
    readonly port: number;
  }[];
}

/**
 * One side of a rule with its selectors resolved. A packet's side must be
 * in some of `nets` (when there are any), in every one of `sets`, in none of `notNets` and `notSets`,
 * have one of `ports` or be in one of `portSets` (when there are any of either), and none of `notPorts` and `notPortSets`.
 */
export interface ResolvedEntity {
  readonly nets: readonly Cidr[];
  readonly notNets: readonly Cidr[];
  readonly sets: readonly AddressSet[];
  readonly notSets: readonly AddressSet[];
  readonly ports: readonly PortRange[];
  readonly portSets: readonly PortSet[];
  readonly notPorts: readonly PortRange[];
  readonly notPortSets: readonly PortSet[];
}

/** An ICMP type, and a code of it or (undefined) every code. */
export interface IcmpCriterion {
  readonly type: number;
  readonly code: number | undefined;
}

/** A rule with everything resolved that documents leave to other documents. All criteria must hold. */
export interface ResolvedRule {
  /** Position in the document's list, from 0. */
  readonly index: number;
  readonly location: SourceLocation;
  readonly action: RuleAction;
  /** The only family it is for; inferred from a positive ICMP protocol too. */
  readonly ipVersion: IpFamily | undefined;
  readonly protocol: number | undefined;
  readonly notProtocol: number | undefined;
  readonly icmp: IcmpCriterion | undefined;
  readonly notIcmp: IcmpCriterion | undefined;
  readonly source: ResolvedEntity;
  readonly destination: ResolvedEntity;
  readonly annotations: ReadonlyMap<string, string>;
}

/** A policy as it applies on this node; one object however many endpoints it applies to. */
export interface ResolvedPolicy {
  /** For people: `namespace/name` where namespaced. */
  readonly name: string;
  readonly kind: 'GlobalNetworkPolicy' | 'NetworkPolicy' | 'policy' | 'KubernetesNetworkPolicy';
  readonly tier: string;
  readonly location: SourceLocation;
  readonly ingress: readonly ResolvedRule[];
  readonly egress: readonly ResolvedRule[];
}

/** The policies of one tier that select an endpoint, in order, for each direction that their types include. */
export interface EndpointTier {
  readonly tier: string;
  /** What happens to a packet that none of the tier's policies decides. */
  readonly defaultAction: 'deny' | 'pass';
  readonly ingress: readonly ResolvedPolicy[];
  readonly egress: readonly ResolvedPolicy[];
}

/** A profile as endpoints of this node use it; one object however many use it. */
export interface ResolvedProfile {
  readonly name: string;
  readonly location: SourceLocation;
  readonly ingress: readonly ResolvedRule[];
  readonly egress: readonly ResolvedRule[];
}

/** A host endpoint that is in force. Tiers without policies for the kind are left out; profiles are in listed order. */
export interface HostEndpointPolicy {
  readonly name: string;
  readonly location: SourceLocation;
  readonly endpoint: HostEndpoint;
  /** The host's interfaces that it polices; empty for a `*` endpoint. */
  readonly interfaces: readonly string[];
  readonly wildcard: boolean;
  readonly untracked: readonly EndpointTier[];
  readonly preDnat: readonly EndpointTier[];
  readonly normal: readonly EndpointTier[];
  /** Empty where the version has no forward policy of its own. */
  readonly forward: readonly EndpointTier[];
  readonly profiles: readonly ResolvedProfile[];
}

/** A workload endpoint of this node. Tiers without policies that select it are left out; profiles are in listed order. */
export interface WorkloadEndpointPolicy {
  readonly name: string;
  readonly location: SourceLocation;
  readonly endpoint: WorkloadEndpoint;
  readonly interfaceName: string;
  readonly tiers: readonly EndpointTier[];
  readonly profiles: readonly ResolvedProfile[];
}

/** A pool as far as a node's rules know it. */
export interface ResolvedPool {
  readonly cidr: Cidr;
  readonly natOutgoing: boolean;
}

/** Everything that the documents mean for one node: what the compiler compiles and `decide` decides from. */
export interface NodePolicy {
  readonly node: string;
  readonly version: CalicoVersion;
  readonly facts: VersionFacts;
  readonly config: FelixConfig;
  /** In force on this node, ordered by name. At most one `*` endpoint. */
  readonly hostEndpoints: readonly HostEndpointPolicy[];
  /** Of this node, but not in force, with the reason in words. */
  readonly inactiveEndpoints: readonly {
    readonly endpoint: HostEndpoint;
    readonly reason: string;
  }[];
  /** Of this node, ordered by interface name. */
  readonly workloadEndpoints: readonly WorkloadEndpointPolicy[];
  readonly pools: readonly ResolvedPool[];
  /** Addresses of all hosts, for tunnels between them. */
  readonly hostAddresses: readonly IpAddress[];
  readonly floatingIps: readonly { readonly internal: IpAddress; readonly external: IpAddress }[];
  readonly notModelled: readonly NotModelled[];
}
