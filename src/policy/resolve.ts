import { compareCidrs } from '../address/cidr.ts';
import { compareIpAddresses, type IpAddress, sameIpAddress } from '../address/ip-address.ts';
import type {
  HostEndpoint,
  PolicyResource,
  ResourceSet,
  WorkloadEndpoint,
} from '../resources/resource-set.ts';
import { LabelIndex } from '../resources/selector/label-index.ts';
import type { Labels, Selector } from '../resources/selector/selector.ts';
import { InputError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';
import { resolveActiveHostEndpoints } from './active-host-endpoints.ts';
import { TierResolver } from './endpoint-tiers.ts';
import { expandKubernetes } from './expand-kubernetes.ts';
import { KeptSets } from './kept-sets.ts';
import { hostEndpointLabels, type ProfilesByName, workloadLabels } from './labelled-endpoints.ts';
import type {
  HostEndpointPolicy,
  NodePolicy,
  ResolvedProfile,
  WorkloadEndpointPolicy,
} from './node-policy.ts';
import { compareText, type OrderedTier, orderPolicies } from './policy-order.ts';
import { felixNotModelled, resolveFelixConfig } from './resolve-felix-config.ts';
import { RuleResolver } from './rule-resolver.ts';
import { policySelector } from './translate-selectors.ts';
import { VERSION_FACTS } from './version-facts.ts';

/** What resolution must know of the machine: which interfaces it has, and their addresses. */
export interface InterfaceFacts {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

/** The node that documents are resolved for, and what it is like. */
export interface ResolveOptions {
  readonly node: string;
  readonly interfaces: readonly InterfaceFacts[];
  /** FELIX_* variables; others are ignored. */
  readonly environment: ReadonlyMap<string, string>;
  /** What was found for documents read before. */
  readonly sets?: KeptSets | undefined;
}

/**
 * Works out what the documents mean for one node. Deterministic, whatever the order of the documents.
 *
 * Only policies that select an endpoint of the node are resolved; a set is made once however many rules use it.
 *
 * @throws InputError when a Felix parameter has a value that Felix refuses.
 */
export function resolveNode(documents: ResourceSet, options: ResolveOptions): NodePolicy {
  const resources = expandKubernetes(documents);
  const facts = VERSION_FACTS[resources.version];
  const problems: Problem[] = [];
  const report = (problem: Problem): void => {
    problems.push(problem);
  };
  const felix = {
    configurations: resources.felixConfigurations,
    node: options.node,
    environment: options.environment,
    facts,
    ipPools: resources.ipPools,
  };
  const config = resolveFelixConfig(felix, report);
  if (problems.length > 0) throw new InputError(problems);
  const { policies, tiers } = resources;

  const profiles: ProfilesByName = new Map(
    resources.profiles.map((profile) => [profile.metadata.name, profile]),
  );
  const { active, inactive } = resolveActiveHostEndpoints({
    endpoints: resources.hostEndpoints.filter((endpoint) => endpoint.node === options.node),
    interfaces: options.interfaces,
    interfacePrefixes: config.interfacePrefixes,
    wildcards: facts.wildcardEndpoint !== 'unknown',
  });
  const workloads = resources.workloadEndpoints
    .filter((endpoint) => endpoint.node === options.node)
    .sort(
      (a, b) =>
        compareText(a.interfaceName, b.interfaceName) ||
        compareText(a.metadata.name, b.metadata.name),
    );
  const selected = selectLocally(policies, [
    ...active.map(({ endpoint }) => ({
      endpoint,
      labels: hostEndpointLabels(endpoint, profiles),
    })),
    ...workloads.map((endpoint) => ({ endpoint, labels: workloadLabels(endpoint, profiles) })),
  ]);
  const ordered = orderPolicies({ policies: [...selected.keys()], tiers, facts });
  const tiersOf = (endpoint: LocalEndpoint): readonly OrderedTier[] =>
    ordered.map((tier) => ({
      ...tier,
      policies: tier.policies.filter((policy) => selected.get(policy)?.includes(endpoint)),
    }));

  const sets = (options.sets ?? new KeptSets()).resolverFor(resources, profiles);
  const rules = new RuleResolver(sets);
  const tierResolver = new TierResolver(rules);
  const profileResolver = new ProfileResolver(profiles, rules);

  const hostEndpoints = active.map(({ endpoint, interfaces }): HostEndpointPolicy => {
    const selecting = tiersOf(endpoint);
    const wildcard = endpoint.interfaceName === '*';
    // Before all-but-untracked, a `*` endpoint had preDNAT policy alone (7).
    const filters = !wildcard || facts.wildcardEndpoint === 'all-but-untracked';
    const forwards = filters && facts.forwardPolicy === 'apply-on-forward';
    return {
      name: endpoint.metadata.name,
      location: endpoint.metadata.location,
      endpoint,
      interfaces,
      wildcard,
      untracked: wildcard ? [] : tierResolver.list(selecting, 'untracked'),
      preDnat: tierResolver.list(selecting, 'preDnat'),
      normal: filters ? tierResolver.list(selecting, 'normal') : [],
      forward: forwards ? tierResolver.list(selecting, 'forward') : [],
      profiles: filters ? profileResolver.resolve(endpoint.profiles) : [],
    };
  });
  const workloadEndpoints = workloads.map(
    (endpoint): WorkloadEndpointPolicy => ({
      name: endpoint.metadata.name,
      location: endpoint.metadata.location,
      endpoint,
      interfaceName: endpoint.interfaceName,
      tiers: tierResolver.list(tiersOf(endpoint), 'normal'),
      profiles: profileResolver.resolve(endpoint.profiles),
    }),
  );
  return {
    node: options.node,
    version: resources.version,
    facts,
    config,
    hostEndpoints,
    inactiveEndpoints: inactive,
    workloadEndpoints,
    pools: resources.ipPools
      .map(({ cidr, natOutgoing }) => ({ cidr, natOutgoing }))
      .sort((a, b) => compareCidrs(a.cidr, b.cidr)),
    hostAddresses: distinctAddresses(resources.nodes.flatMap((node) => node.addresses)),
    floatingIps: workloads.flatMap((endpoint) => endpoint.ipNats),
    notModelled: [...resources.notModelled, ...felixNotModelled(felix), ...rules.notModelled],
  };
}

type LocalEndpoint = HostEndpoint | WorkloadEndpoint;

/** The policies that select an endpoint of this node, each with those that it selects. The others are not looked at again. */
function selectLocally(
  policies: readonly PolicyResource[],
  endpoints: readonly { readonly endpoint: LocalEndpoint; readonly labels: Labels }[],
): ReadonlyMap<PolicyResource, readonly LocalEndpoint[]> {
  const index = new LabelIndex(endpoints, ({ labels }) => labels);
  const selected = new Map<PolicyResource, readonly LocalEndpoint[]>();
  // Selectors of one text are one object, mostly.
  const known = new Map<Selector, readonly LocalEndpoint[]>();
  for (const policy of policies) {
    const selector = policySelector(policy);
    let found = known.get(selector);
    if (found === undefined) {
      found = index.matching(selector).map(({ endpoint }) => endpoint);
      known.set(selector, found);
    }
    if (found.length > 0) selected.set(policy, found);
  }
  return selected;
}

/** Resolves profiles once each. A profile that does not exist has no rules and is left out. */
class ProfileResolver {
  private readonly profiles: ProfilesByName;
  private readonly rules: RuleResolver;
  private readonly resolved: Map<string, ResolvedProfile> = new Map();

  constructor(profiles: ProfilesByName, rules: RuleResolver) {
    this.profiles = profiles;
    this.rules = rules;
  }

  resolve(names: readonly string[]): readonly ResolvedProfile[] {
    return names.flatMap((name) => this.one(name) ?? []);
  }

  private one(name: string): ResolvedProfile | undefined {
    const known = this.resolved.get(name);
    const profile = this.profiles.get(name);
    if (known !== undefined || profile === undefined) return known;
    const scope = { namespace: undefined };
    const resolved: ResolvedProfile = {
      name,
      location: profile.metadata.location,
      ingress: this.rules.resolve(profile.ingress, scope),
      egress: this.rules.resolve(profile.egress, scope),
    };
    this.resolved.set(name, resolved);
    return resolved;
  }
}

function distinctAddresses(addresses: readonly IpAddress[]): readonly IpAddress[] {
  const sorted = [...addresses].sort(compareIpAddresses);
  return sorted.filter(
    (address, n) => n === 0 || !sameIpAddress(sorted[n - 1] as IpAddress, address),
  );
}
