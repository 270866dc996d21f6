import { type Cidr, parseCidr } from '../../src/address/cidr.ts';
import { type IpAddress, parseIpAddress } from '../../src/address/ip-address.ts';
import { parsePortRange } from '../../src/address/port-range.ts';
import { parseProtocol } from '../../src/address/protocol.ts';
import type { NamedPort, WrittenSelector } from '../../src/resources/metadata.ts';
import type {
  EntityRule,
  IcmpFields,
  PolicyRule,
  RuleAction,
  RulePort,
} from '../../src/resources/policy-rule.ts';
import type {
  CalicoNode,
  FelixConfiguration,
  HostEndpoint,
  IpPool,
  NetworkSet,
  PolicyResource,
  Profile,
  ResourceSet,
  Tier,
  WorkloadEndpoint,
} from '../../src/resources/resource-set.ts';
import { parseSelector } from '../../src/resources/selector/parse-selector.ts';
import type { SourceLocation } from '../../src/source/location.ts';

/** Where things built by hand say that they stand. */
export const BUILT: SourceLocation = { file: 'built.yaml', line: 1, column: 1 };

type LabelRecord = Readonly<Record<string, string>>;

/** The address, which must be one. */
export function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

/** The block, which must be one. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`not a block: ${text}`);
  return parsed;
}

/** The selector, which must be one, as a document would hold it. */
export function selector(text: string): WrittenSelector {
  const parsed = parseSelector(text);
  if (parsed.kind === 'error') throw new Error(`not a selector: ${text}: ${parsed.message}`);
  return { text, selector: parsed.selector, location: BUILT };
}

function metadata(name: string, labels: LabelRecord = {}, namespace?: string) {
  return { name, namespace, labels: new Map(Object.entries(labels)), location: BUILT };
}

function protocolNumber(text: string | number): number {
  const parsed = parseProtocol(String(text));
  if (parsed === undefined) throw new Error(`not a protocol: ${text}`);
  return parsed;
}

/** One side of a rule, in the words of the YAML form. A port that is no number or range is a named one. */
export interface EntityFields {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly selector?: string;
  readonly notSelector?: string;
  readonly namespaceSelector?: string;
  readonly serviceAccounts?: { readonly names?: readonly string[]; readonly selector?: string };
  readonly services?: { readonly name: string; readonly namespace: string };
  readonly ports?: readonly (number | string)[];
  readonly notPorts?: readonly (number | string)[];
  readonly tag?: string;
  readonly notTag?: string;
}

export interface RuleFields {
  readonly ipVersion?: 4 | 6;
  readonly protocol?: string | number;
  readonly notProtocol?: string | number;
  readonly icmp?: Partial<IcmpFields>;
  readonly notICMP?: Partial<IcmpFields>;
  readonly source?: EntityFields;
  readonly destination?: EntityFields;
}

function rulePort(port: number | string): RulePort {
  const range = parsePortRange(String(port));
  return range === undefined ? { kind: 'named', name: String(port) } : { kind: 'numeric', range };
}

function entity(fields: EntityFields = {}): EntityRule {
  const written = (text: string | undefined) => (text === undefined ? undefined : selector(text));
  return {
    nets: (fields.nets ?? []).map(cidr),
    notNets: (fields.notNets ?? []).map(cidr),
    selector: written(fields.selector),
    notSelector: written(fields.notSelector),
    namespaceSelector: written(fields.namespaceSelector),
    serviceAccounts:
      fields.serviceAccounts === undefined
        ? undefined
        : {
            names: fields.serviceAccounts.names ?? [],
            selector: written(fields.serviceAccounts.selector),
          },
    services: fields.services,
    ports: (fields.ports ?? []).map(rulePort),
    notPorts: (fields.notPorts ?? []).map(rulePort),
    tag: fields.tag,
    notTag: fields.notTag,
  };
}

function icmpFields(fields: Partial<IcmpFields> | undefined): IcmpFields | undefined {
  return fields === undefined ? undefined : { type: fields.type, code: fields.code };
}

/** A policy's or profile's rule: `rule('allow', {protocol: 'tcp', destination: {ports: [80]}})`. */
export function rule(action: RuleAction, fields: RuleFields = {}): PolicyRule {
  return {
    action,
    ipVersion: fields.ipVersion,
    protocol: fields.protocol === undefined ? undefined : protocolNumber(fields.protocol),
    notProtocol: fields.notProtocol === undefined ? undefined : protocolNumber(fields.notProtocol),
    icmp: icmpFields(fields.icmp),
    notIcmp: icmpFields(fields.notICMP),
    source: entity(fields.source),
    destination: entity(fields.destination),
    http: false,
    annotations: new Map(),
    location: BUILT,
  };
}

export interface PolicyFields {
  readonly kind?: PolicyResource['kind'];
  readonly namespace?: string;
  readonly tier?: string;
  readonly order?: number;
  readonly selector?: string;
  readonly namespaceSelector?: string;
  readonly serviceAccountSelector?: string;
  readonly types?: readonly ('ingress' | 'egress')[];
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
  readonly doNotTrack?: boolean;
  readonly preDNAT?: boolean;
  readonly applyOnForward?: boolean;
}

/** A policy; a GlobalNetworkPolicy that selects everything unless the fields say otherwise. */
export function policy(name: string, fields: PolicyFields = {}): PolicyResource {
  const written = (text: string | undefined) => (text === undefined ? undefined : selector(text));
  return {
    api: fields.kind === 'policy' ? 'v1' : 'v3',
    kind: fields.kind ?? 'GlobalNetworkPolicy',
    metadata: metadata(name, {}, fields.namespace),
    tier: fields.tier ?? 'default',
    order: fields.order,
    selector: written(fields.selector),
    namespaceSelector: written(fields.namespaceSelector),
    serviceAccountSelector: written(fields.serviceAccountSelector),
    types: fields.types,
    ingress: fields.ingress ?? [],
    egress: fields.egress ?? [],
    doNotTrack: fields.doNotTrack ?? false,
    preDNAT: fields.preDNAT ?? false,
    applyOnForward: fields.applyOnForward ?? false,
  };
}

export interface HostEndpointFields {
  readonly node?: string;
  readonly labels?: LabelRecord;
  readonly interfaceName?: string;
  readonly expectedIPs?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly NamedPort[];
}

/** A host endpoint of `node1`, without interface or addresses unless the fields say so. */
export function hostEndpoint(name: string, fields: HostEndpointFields = {}): HostEndpoint {
  return {
    api: 'v3',
    metadata: metadata(name, fields.labels),
    node: fields.node ?? 'node1',
    interfaceName: fields.interfaceName,
    expectedIPs: (fields.expectedIPs ?? []).map(address),
    profiles: fields.profiles ?? [],
    ports: fields.ports ?? [],
  };
}

export interface WorkloadFields {
  readonly node?: string;
  readonly namespace?: string;
  readonly labels?: LabelRecord;
  readonly interfaceName?: string;
  readonly ipNetworks?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly NamedPort[];
}

/** A workload endpoint of `node1` on `cali1` unless the fields say otherwise. */
export function workload(name: string, fields: WorkloadFields = {}): WorkloadEndpoint {
  return {
    api: 'v3',
    metadata: metadata(name, fields.labels, fields.namespace),
    node: fields.node ?? 'node1',
    interfaceName: fields.interfaceName ?? 'cali1',
    ipNetworks: (fields.ipNetworks ?? []).map(cidr),
    ipNats: [],
    profiles: fields.profiles ?? [],
    ports: fields.ports ?? [],
  };
}

export interface ProfileFields {
  readonly labels?: LabelRecord;
  readonly tags?: readonly string[];
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

/** A profile; without rules unless the fields say otherwise. */
export function profile(name: string, fields: ProfileFields = {}): Profile {
  return {
    api: 'v3',
    metadata: metadata(name),
    labels: new Map(Object.entries(fields.labels ?? {})),
    tags: fields.tags ?? [],
    ingress: fields.ingress ?? [],
    egress: fields.egress ?? [],
  };
}

/** A GlobalNetworkSet, or a NetworkSet where it has a namespace. */
export function networkSet(
  name: string,
  fields: {
    readonly nets: readonly string[];
    readonly labels?: LabelRecord;
    readonly namespace?: string;
  },
): NetworkSet {
  return {
    metadata: metadata(name, fields.labels, fields.namespace),
    nets: fields.nets.map(cidr),
  };
}

/** A tier; one that drops what nothing decides unless `defaultAction` says otherwise. */
export function tier(
  name: string,
  order: number | undefined,
  defaultAction: 'deny' | 'pass' = 'deny',
): Tier {
  return { metadata: metadata(name), order, defaultAction };
}

/** A Node with the addresses that tunnels to it go to. */
export function calicoNode(name: string, addresses: readonly string[]): CalicoNode {
  return { api: 'v3', metadata: metadata(name), addresses: addresses.map(address) };
}

/** An IPPool, without encapsulation unless the fields say otherwise. */
export function ipPool(
  name: string,
  fields: {
    readonly cidr: string;
    readonly ipip?: boolean;
    readonly vxlan?: boolean;
    readonly natOutgoing?: boolean;
  },
): IpPool {
  return {
    api: 'v3',
    metadata: metadata(name),
    cidr: cidr(fields.cidr),
    ipip: fields.ipip ?? false,
    vxlan: fields.vxlan ?? false,
    natOutgoing: fields.natOutgoing ?? false,
    disabled: false,
  };
}

/** A FelixConfiguration; keys are parameter names in any case. */
export function felixConfiguration(name: string, settings: LabelRecord): FelixConfiguration {
  return {
    metadata: metadata(name),
    settings: new Map(
      Object.entries(settings).map(([key, value]) => [
        key.toLowerCase(),
        { value, location: BUILT },
      ]),
    ),
  };
}

/** A resource set of nothing but what is given; version 3.32 unless `overrides` says otherwise. */
export function resources(overrides: Partial<ResourceSet> = {}): ResourceSet {
  return {
    version: '3.32',
    versionReason: 'built by hand',
    hostEndpoints: [],
    workloadEndpoints: [],
    policies: [],
    profiles: [],
    networkSets: [],
    tiers: [],
    nodes: [],
    ipPools: [],
    felixConfigurations: [],
    kubernetes: {
      services: [],
      endpoints: [],
      describedServices: [],
      namespaces: [],
      serviceAccounts: [],
      pods: [],
      networkPolicies: [],
    },
    hosts: [],
    scenarios: [],
    notModelled: [],
    warnings: [],
    ...overrides,
  };
}
