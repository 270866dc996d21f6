import type { Cidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Problem } from '../source/problem.ts';
import type { CalicoVersion } from './calico-version.ts';
import type { HostDocument } from './host-document.ts';
import type { KubernetesResources } from './kubernetes/kubernetes-resources.ts';
import type { CalicoApi, Metadata, NamedPort, WrittenSelector } from './metadata.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { ScenarioDocument } from './scenario-document.ts';

/** v3 HostEndpoint, or v1 hostEndpoint (whose node is in its metadata). */
export interface HostEndpoint {
  readonly api: CalicoApi;
  readonly metadata: Metadata;
  readonly node: string;
  /** `*` for every interface; undefined where only expectedIPs tell. */
  readonly interfaceName: string | undefined;
  readonly expectedIPs: readonly IpAddress[];
  readonly profiles: readonly string[];
  readonly ports: readonly NamedPort[];
}

/** v3 WorkloadEndpoint or v1 workloadEndpoint. */
export interface WorkloadEndpoint {
  readonly api: CalicoApi;
  readonly metadata: Metadata;
  readonly node: string;
  /** v3 spec.orchestrator, such as `k8s`; selectors see it as a label. */
  readonly orchestrator?: string | undefined;
  readonly interfaceName: string;
  /** Always /32 or /128. */
  readonly ipNetworks: readonly Cidr[];
  readonly ipNats: readonly { readonly internal: IpAddress; readonly external: IpAddress }[];
  readonly profiles: readonly string[];
  readonly ports: readonly NamedPort[];
}

/** v3 GlobalNetworkPolicy and NetworkPolicy, v1 policy, and a Kubernetes NetworkPolicy once converted. */
export interface PolicyResource {
  readonly api: CalicoApi;
  readonly kind: 'GlobalNetworkPolicy' | 'NetworkPolicy' | 'policy' | 'KubernetesNetworkPolicy';
  readonly metadata: Metadata;
  readonly tier: string;
  /** Undefined sorts last. */
  readonly order: number | undefined;
  readonly selector: WrittenSelector | undefined;
  readonly namespaceSelector: WrittenSelector | undefined;
  readonly serviceAccountSelector: WrittenSelector | undefined;
  /** As written; undefined where the document leaves it to the rules present. */
  readonly types: readonly ('ingress' | 'egress')[] | undefined;
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
  readonly doNotTrack: boolean;
  readonly preDNAT: boolean;
  readonly applyOnForward: boolean;
}

/** v3 Profile or v1 profile. `labels` are what endpoints inherit: labelsToApply, or v1 labels. */
export interface Profile {
  readonly api: CalicoApi;
  readonly metadata: Metadata;
  readonly labels: ReadonlyMap<string, string>;
  /** v1 only. */
  readonly tags: readonly string[];
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
}

/** GlobalNetworkSet, or NetworkSet (which has a namespace). */
export interface NetworkSet {
  readonly metadata: Metadata;
  readonly nets: readonly Cidr[];
}

/** A Tier: policies are evaluated tier by tier. */
export interface Tier {
  readonly metadata: Metadata;
  /** Undefined sorts last. */
  readonly order: number | undefined;
  readonly defaultAction: 'deny' | 'pass';
}

/** A v3 Node or v1 node: a host of the cluster. */
export interface CalicoNode {
  readonly api: CalicoApi;
  readonly metadata: Metadata;
  /** Addresses that other hosts reach it by, BGP and tunnel addresses included. */
  readonly addresses: readonly IpAddress[];
}

/** A v3 IPPool or v1 ipPool: a block that workloads get their addresses from. */
export interface IpPool {
  readonly api: CalicoApi;
  readonly metadata: Metadata;
  readonly cidr: Cidr;
  readonly ipip: boolean;
  readonly vxlan: boolean;
  readonly natOutgoing: boolean;
  readonly disabled: boolean;
}

/** A Felix parameter in the syntax of its environment variable (`true`, `tcp:22,udp:68`, `none`, `Drop`, ...). */
export interface FelixSetting {
  readonly value: string;
  readonly location: SourceLocation;
}

/** FelixConfiguration: `default`, or `node.NAME`. Keys are parameter names in lower case (`failsafeinboundhostports`). */
export interface FelixConfiguration {
  readonly metadata: Metadata;
  readonly settings: ReadonlyMap<string, FelixSetting>;
}

/** A field or value that not every Calico version has, with the version since which hepsim knows it. */
export interface FeatureUse {
  readonly feature: string;
  readonly since: CalicoVersion;
  /** The first release known to have it, where that is not `since` itself. */
  readonly release?: string | undefined;
  readonly location: SourceLocation;
}

/** Something valid that hepsim does not model; packets that it could concern are undetermined. */
export interface NotModelled {
  readonly what: string;
  readonly location: SourceLocation;
  /** Undefined: both families. */
  readonly family: IpFamily | undefined;
}

/** Every document of the input, read and checked one by one. Lists keep no promise about order. */
export interface ResourceSet {
  /** Given, or inferred from the documents; `versionReason` says which and why, for people. */
  readonly version: CalicoVersion;
  readonly versionReason: string;
  readonly hostEndpoints: readonly HostEndpoint[];
  readonly workloadEndpoints: readonly WorkloadEndpoint[];
  readonly policies: readonly PolicyResource[];
  readonly profiles: readonly Profile[];
  readonly networkSets: readonly NetworkSet[];
  readonly tiers: readonly Tier[];
  readonly nodes: readonly CalicoNode[];
  readonly ipPools: readonly IpPool[];
  readonly felixConfigurations: readonly FelixConfiguration[];
  readonly kubernetes: KubernetesResources;
  readonly hosts: readonly HostDocument[];
  readonly scenarios: readonly ScenarioDocument[];
  readonly notModelled: readonly NotModelled[];
  /** Warnings: ignored kinds, and unknown fields where reading was lenient. */
  readonly warnings: readonly Problem[];
}
