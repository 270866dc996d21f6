import { type Cidr, parseCidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type {
  KubernetesResources,
  ServiceEndpoint,
} from '../resources/kubernetes/kubernetes-resources.ts';
import { usableEndpoints } from '../resources/kubernetes/service-endpoints.ts';
import type { Hook } from '../ruleset/hook.ts';
import { BASE_CHAIN } from '../ruleset/hook.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { BaseChain, Rule, Ruleset, UserChain } from '../ruleset/ruleset.ts';
import { findServiceBackends, type ServiceBackends } from './service-backends.ts';
import {
  balancingRules,
  endpointChain,
  kubeChainName,
  localMatch,
  MARK_FOR_MASQUERADE,
  MASQUERADE_MARK,
  servicePortMatches,
  serviceRule,
  sourceMatch,
  userChain,
} from './service-chains.ts';

/** What the rules of Services depend on beside the Services themselves. */
export interface ServiceOptions {
  readonly node: string;
  readonly family: IpFamily;
  /** Blocks of pod addresses, which kube-proxy knows as the cluster CIDR; empty where unknown. */
  readonly clusterCidrs: readonly string[];
}

const NEW: Match = { kind: 'conntrack-state', states: ['NEW'], negated: false };

/**
 * The rules that kube-proxy in iptables mode would have on the node: nat chains, masquerade mark, REJECT without endpoints.
 * Without Services there are none. MASQUERADE keeps the source port where it is free; kube-proxy adds `--random-fully`, which changes
 * nothing but that port.
 *
 * Source: kubernetes pkg/proxy/iptables/proxier.go, syncProxyRules (1.28).
 */
export function compileServices(resources: KubernetesResources, options: ServiceOptions): Ruleset {
  const { family } = options;
  const backends = findServiceBackends(resources, family);
  if (backends.length === 0) return { family, tables: [], ipSets: [] };
  const services = new ServiceRules(options);
  for (const one of backends) services.add(one);
  return services.ruleset();
}

/** A place from outside the cluster that a Service is reached by. */
interface ExternalPlace {
  readonly address: IpAddress | undefined;
  readonly port: number;
  readonly kind: 'external' | 'load-balancer' | 'node-port';
}

/** Gathers the chains of one family while Services are added in order. */
class ServiceRules {
  private readonly options: ServiceOptions;
  private readonly clusterCidrs: readonly Cidr[];
  private readonly services: Rule[] = [];
  private readonly nodePorts: Rule[] = [];
  private readonly chains: UserChain[] = [];
  private readonly rejects: Rule[] = [];
  private readonly externalRejects: Rule[] = [];
  private readonly firewall: Rule[] = [];

  constructor(options: ServiceOptions) {
    this.options = options;
    this.clusterCidrs = options.clusterCidrs
      .flatMap((text) => parseCidr(text) ?? [])
      .filter(({ network }) => network.family === options.family);
  }

  add(backends: ServiceBackends): void {
    const { service, name } = backends;
    const endpoints = usableEndpoints(backends.endpoints);
    const local = usableEndpoints(
      backends.endpoints.filter(({ node }) => node === this.options.node),
    );
    const forCluster = service.internalTrafficPolicy === 'Local' ? local : endpoints;
    for (const endpoint of new Set([...endpoints, ...local])) {
      this.chains.push(endpointChain(backends, endpoint));
    }
    const clusterChain = kubeChainName('SVC', name);
    const localChain = kubeChainName('SVL', name);
    const externalLocal = service.externalTrafficPolicy === 'Local';
    const places = this.externalPlaces(backends);

    const usesLocal =
      local.length > 0 &&
      (service.internalTrafficPolicy === 'Local' || (externalLocal && places.length > 0));
    if (endpoints.length > 0) this.addClusterChain(backends, clusterChain, endpoints);
    if (usesLocal) {
      this.chains.push(userChain(localChain, balancingRules(backends, local)));
    }
    this.addClusterIPs(backends, {
      endpoints: forCluster,
      chain: service.internalTrafficPolicy === 'Local' ? localChain : clusterChain,
    });
    this.addExternalPlaces(backends, places, {
      local,
      chain: kubeChainName('EXT', name),
      clusterChain,
      localChain,
    });
  }

  private addClusterChain(
    backends: ServiceBackends,
    chain: string,
    endpoints: readonly ServiceEndpoint[],
  ): void {
    const { name } = backends;
    const outside =
      this.clusterCidrs.length === 1
        ? this.clusterIPs(backends).map((address) =>
            serviceRule(
              [
                sourceMatch(this.clusterCidrs[0] as Cidr, true),
                ...servicePortMatches(backends, address),
              ],
              MARK_FOR_MASQUERADE,
              { comment: `${name} cluster IP`, origin: backends.port.location },
            ),
          )
        : [];
    this.chains.push(userChain(chain, [...outside, ...balancingRules(backends, endpoints)]));
  }

  private addClusterIPs(
    backends: ServiceBackends,
    to: { readonly endpoints: readonly ServiceEndpoint[]; readonly chain: string },
  ): void {
    const origin = backends.port.location;
    for (const address of this.clusterIPs(backends)) {
      const matches = servicePortMatches(backends, address);
      if (to.endpoints.length > 0) {
        const comment = `${backends.name} cluster IP`;
        this.services.push(
          serviceRule(matches, { kind: 'jump', chain: to.chain }, { comment, origin }),
        );
      } else if (backends.endpoints.length > 0) {
        const comment = `${backends.name} has no local endpoints`;
        this.rejects.push(serviceRule(matches, { kind: 'drop' }, { comment, origin }));
      } else {
        this.rejects.push(this.rejectRule(backends, matches));
      }
    }
  }

  private addExternalPlaces(
    backends: ServiceBackends,
    places: readonly ExternalPlace[],
    chains: {
      readonly local: readonly ServiceEndpoint[];
      readonly chain: string;
      readonly clusterChain: string;
      readonly localChain: string;
    },
  ): void {
    if (places.length === 0) return;
    const origin = backends.port.location;
    const { service } = backends;
    const localOnly = service.externalTrafficPolicy === 'Local';
    for (const place of places) {
      const matches = this.placeMatches(backends, place);
      if (backends.endpoints.length === 0) {
        this.externalRejects.push(this.rejectRule(backends, matches));
        continue;
      }
      if (localOnly && chains.local.length === 0) {
        const comment = `${backends.name} has no local endpoints`;
        this.externalRejects.push(serviceRule(matches, { kind: 'drop' }, { comment, origin }));
      }
      const guarded = place.kind === 'load-balancer' && service.loadBalancerSourceRanges.length > 0;
      const chain = guarded ? this.addFirewall(backends, matches, chains.chain) : chains.chain;
      const list = place.kind === 'node-port' ? this.nodePorts : this.services;
      const plain = place.kind === 'node-port' ? matches.slice(1) : matches;
      const comment = `${backends.name} ${place.kind.replace('-', ' ')}`;
      list.push(serviceRule(plain, { kind: 'jump', chain }, { comment, origin }));
    }
    if (backends.endpoints.length > 0) this.addExternalChain(backends, chains);
  }

  /**
   * Traffic from outside: with policy Cluster masqueraded and spread over all endpoints; with policy Local left as it is and
   * spread over this node's, while pods and the host itself still reach all of them.
   */
  private addExternalChain(
    backends: ServiceBackends,
    chains: {
      readonly local: readonly ServiceEndpoint[];
      readonly chain: string;
      readonly clusterChain: string;
      readonly localChain: string;
    },
  ): void {
    const origin = backends.port.location;
    const comment = backends.name;
    const toCluster = { kind: 'jump', chain: chains.clusterChain } as const;
    const rules: Rule[] = [];
    if (backends.service.externalTrafficPolicy === 'Cluster') {
      rules.push(serviceRule([], MARK_FOR_MASQUERADE, { comment, origin }));
      rules.push(serviceRule([], toCluster, { comment, origin }));
    } else {
      for (const cidr of this.clusterCidrs) {
        rules.push(serviceRule([sourceMatch(cidr)], toCluster, { comment, origin }));
      }
      rules.push(serviceRule([localMatch('source')], MARK_FOR_MASQUERADE, { comment, origin }));
      rules.push(serviceRule([localMatch('source')], toCluster, { comment, origin }));
      if (chains.local.length > 0) {
        const toLocal = { kind: 'jump', chain: chains.localChain } as const;
        rules.push(serviceRule([], toLocal, { comment, origin }));
      }
    }
    this.chains.push(userChain(chains.chain, rules));
  }

  /** Sources outside loadBalancerSourceRanges are not translated, and what reaches filter untranslated is dropped there. */
  private addFirewall(
    backends: ServiceBackends,
    matches: readonly Match[],
    externalChain: string,
  ): string {
    const origin = backends.port.location;
    const comment = `${backends.name} source ranges`;
    const chain = kubeChainName('FW', backends.name);
    const allowed = backends.service.loadBalancerSourceRanges.filter(
      ({ network }) => network.family === this.options.family,
    );
    if (!this.chains.some(({ name }) => name === chain)) {
      this.chains.push(
        userChain(
          chain,
          allowed.map((cidr) =>
            serviceRule(
              [sourceMatch(cidr)],
              { kind: 'jump', chain: externalChain },
              { comment, origin },
            ),
          ),
        ),
      );
    }
    this.firewall.push(serviceRule(matches, { kind: 'drop' }, { comment, origin }));
    return chain;
  }

  private clusterIPs({ service }: ServiceBackends): readonly IpAddress[] {
    return service.clusterIPs.filter(({ family }) => family === this.options.family);
  }

  private externalPlaces({ service, port }: ServiceBackends): readonly ExternalPlace[] {
    const { family } = this.options;
    const places: ExternalPlace[] = [];
    for (const address of service.externalIPs) {
      if (address.family === family) places.push({ address, port: port.port, kind: 'external' });
    }
    for (const address of service.loadBalancerIPs) {
      if (address.family === family) {
        places.push({ address, port: port.port, kind: 'load-balancer' });
      }
    }
    if (port.nodePort !== undefined) {
      places.push({ address: undefined, port: port.nodePort, kind: 'node-port' });
    }
    return places;
  }

  private placeMatches(backends: ServiceBackends, place: ExternalPlace): readonly Match[] {
    const matches = servicePortMatches(backends, place.address, place.port);
    return place.kind === 'node-port' ? [localMatch('destination'), ...matches] : matches;
  }

  private rejectRule(backends: ServiceBackends, matches: readonly Match[]): Rule {
    const answer = this.options.family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
    return serviceRule(
      matches,
      { kind: 'reject', with: answer },
      { comment: `${backends.name} has no endpoints`, origin: backends.port.location },
    );
  }

  ruleset(): Ruleset {
    const toServices = { kind: 'jump', chain: 'KUBE-SERVICES' } as const;
    const toExternal = { kind: 'jump', chain: 'KUBE-EXTERNAL-SERVICES' } as const;
    const toFirewall = { kind: 'jump', chain: 'KUBE-PROXY-FIREWALL' } as const;
    const guard = this.firewall.length > 0 ? [serviceRule([NEW], toFirewall)] : [];
    const portal = serviceRule([], toServices, { comment: 'kubernetes service portals' });
    const bit = MASQUERADE_MARK;
    const natChains: UserChain[] = [
      userChain('KUBE-SERVICES', [
        ...this.services,
        serviceRule(
          [localMatch('destination')],
          { kind: 'jump', chain: 'KUBE-NODEPORTS' },
          { comment: 'kubernetes service nodeports' },
        ),
      ]),
      userChain('KUBE-NODEPORTS', this.nodePorts),
      userChain('KUBE-MARK-MASQ', [serviceRule([], { kind: 'mark', value: bit, mask: bit })]),
      userChain('KUBE-POSTROUTING', [
        serviceRule([{ kind: 'mark', value: bit, mask: bit, negated: true }], { kind: 'return' }),
        serviceRule([], { kind: 'mark', value: bit, mask: 0 }),
        serviceRule([], { kind: 'masquerade', randomFully: false }),
      ]),
      ...this.chains,
    ];
    const filterChains: UserChain[] = [
      userChain('KUBE-SERVICES', this.rejects),
      userChain('KUBE-EXTERNAL-SERVICES', this.externalRejects),
      ...(guard.length > 0 ? [userChain('KUBE-PROXY-FIREWALL', this.firewall)] : []),
    ];
    return {
      family: this.options.family,
      tables: [
        {
          name: 'nat',
          chains: [
            baseChain('prerouting', [portal]),
            baseChain('output', [portal]),
            baseChain('postrouting', [
              serviceRule([], { kind: 'jump', chain: 'KUBE-POSTROUTING' }),
            ]),
            ...natChains,
          ],
        },
        {
          name: 'filter',
          chains: [
            baseChain('input', [...guard, serviceRule([NEW], toExternal)]),
            baseChain('forward', [
              ...guard,
              serviceRule([NEW], toServices),
              serviceRule([NEW], toExternal),
            ]),
            baseChain('output', [...guard, serviceRule([NEW], toServices)]),
            ...filterChains,
          ],
        },
      ],
      ipSets: [],
    };
  }
}

function baseChain(hook: Hook, rules: readonly Rule[]): BaseChain {
  return { kind: 'base', name: BASE_CHAIN[hook], hook, policy: undefined, rules };
}
