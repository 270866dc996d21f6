import type {
  EndpointTier,
  HostEndpointPolicy,
  WorkloadEndpointPolicy,
} from '../policy/node-policy.ts';
import type { Direction, PolicyType } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { SourceLocation } from '../source/location.ts';
import { ANY_INTERFACE, CHAIN, CHAIN_PREFIX, chainName } from './chain-names.ts';
import { denyTarget, denyWord } from './compile-context.ts';
import { addEndpointChain, type EndpointTable } from './endpoint-chains.ts';
import { goTo, onInterface, onPrefix, RETURN, rule } from './rule-parts.ts';

/** Packets of one direction of an interface, and the chains that judge them. */
interface Dispatch {
  readonly chain: string;
  readonly prefix: string;
  readonly direction: Direction;
  /** Packets to workload interfaces are not for the `*` endpoint. */
  readonly sparesWorkloads: boolean;
}

/** Where host endpoints' chains are led to from. Source: `calico-semantics` 5.10 and 7. */
export const DISPATCH: Readonly<
  Record<
    'fromHostEndpoint' | 'toHostEndpoint' | 'fromHostEndpointForward' | 'toHostEndpointForward',
    Dispatch
  >
> = {
  fromHostEndpoint: {
    chain: CHAIN.fromHostEndpoint,
    prefix: CHAIN_PREFIX.fromHostEndpoint,
    direction: 'ingress',
    sparesWorkloads: false,
  },
  toHostEndpoint: {
    chain: CHAIN.toHostEndpoint,
    prefix: CHAIN_PREFIX.toHostEndpoint,
    direction: 'egress',
    sparesWorkloads: true,
  },
  fromHostEndpointForward: {
    chain: CHAIN.fromHostEndpointForward,
    prefix: CHAIN_PREFIX.fromHostEndpointForward,
    direction: 'ingress',
    sparesWorkloads: false,
  },
  toHostEndpointForward: {
    chain: CHAIN.toHostEndpointForward,
    prefix: CHAIN_PREFIX.toHostEndpointForward,
    direction: 'egress',
    sparesWorkloads: false,
  },
};

type HostPolicyType = Exclude<PolicyType, 'workload'>;

const TIERS_OF: Readonly<
  Record<HostPolicyType, (endpoint: HostEndpointPolicy) => readonly EndpointTier[]>
> = {
  untracked: (endpoint) => endpoint.untracked,
  preDNAT: (endpoint) => endpoint.preDnat,
  normal: (endpoint) => endpoint.normal,
  forward: (endpoint) => endpoint.forward,
};

/** Writes the chains of host endpoints for one kind of policy, and the chains that lead to them by interface. */
export function addHostEndpoints(
  type: HostPolicyType,
  dispatches: readonly Dispatch[],
  to: EndpointTable,
): void {
  const tiersOf = TIERS_OF[type];
  const listed = to.context.policy.hostEndpoints.filter((endpoint) => isListed(endpoint, type, to));
  for (const dispatch of dispatches) {
    for (const endpoint of listed) {
      const names = endpoint.wildcard ? [ANY_INTERFACE] : endpoint.interfaces;
      for (const name of names) {
        addEndpointChain(
          {
            name: chainName(dispatch.prefix, name),
            owner: { endpoint: endpoint.name, type, direction: dispatch.direction },
            location: endpoint.location,
            tiers: tiersOf(endpoint),
            profiles: endpoint.profiles,
          },
          to,
        );
      }
    }
    addDispatchChain(dispatch, listed, to);
  }
}

/** Endpoints without untracked or preDNAT policy are left out of its tables altogether, failsafes included. */
function isListed(
  endpoint: HostEndpointPolicy,
  type: HostPolicyType,
  { context }: EndpointTable,
): boolean {
  if (type === 'untracked' || type === 'preDNAT') return TIERS_OF[type](endpoint).length > 0;
  return !endpoint.wildcard || context.facts.wildcardEndpoint === 'all-but-untracked';
}

/** By interface, then the `*` endpoint. An interface that no endpoint polices goes back to the caller untouched. */
function addDispatchChain(
  dispatch: Dispatch,
  listed: readonly HostEndpointPolicy[],
  to: EndpointTable,
): void {
  const side = dispatch.direction === 'ingress' ? 'in' : 'out';
  const interfaces = listed
    .filter((endpoint) => !endpoint.wildcard)
    .flatMap(({ interfaces, location }) => interfaces.map((name) => ({ name, location })));
  const rules = interfaceRules(interfaces, side, dispatch.prefix);
  for (const { location } of listed.filter((endpoint) => endpoint.wildcard)) {
    if (dispatch.sparesWorkloads) {
      for (const prefix of to.context.config.interfacePrefixes) {
        rules.push(rule([onPrefix('out', prefix)], RETURN));
      }
    }
    const chain = chainName(dispatch.prefix, ANY_INTERFACE);
    rules.push(rule([], goTo(chain), { origin: location }));
  }
  to.table.addUser(dispatch.chain, rules);
}

/** Writes the chains of workload endpoints, and the chains that lead to them; unknown workload interfaces are dropped. */
export function addWorkloadEndpoints(to: EndpointTable): void {
  const { context, table } = to;
  const workloads = onePerInterface(context.policy.workloadEndpoints);
  const directions = [
    {
      chain: CHAIN.fromWorkload,
      prefix: CHAIN_PREFIX.fromWorkload,
      side: 'in',
      direction: 'egress',
    },
    { chain: CHAIN.toWorkload, prefix: CHAIN_PREFIX.toWorkload, side: 'out', direction: 'ingress' },
  ] as const;
  for (const { chain, prefix, side, direction } of directions) {
    for (const workload of workloads) {
      addEndpointChain(
        {
          name: chainName(prefix, workload.interfaceName),
          owner: { endpoint: workload.name, type: 'workload', direction },
          location: workload.location,
          tiers: workload.tiers,
          profiles: workload.profiles,
        },
        to,
      );
    }
    const interfaces = workloads.map(({ interfaceName, location }) => ({
      name: interfaceName,
      location,
    }));
    const unknown = rule([], denyTarget(context, table.name), {
      words: `${denyWord(context, table.name)} packets of unknown workload interfaces`,
      meaning: { kind: 'workload', reason: 'no endpoint is known for the workload interface' },
    });
    table.addUser(chain, [...interfaceRules(interfaces, side, prefix), unknown]);
  }
}

/** Two workloads cannot share an interface; the first stands for both, as in Felix. */
function onePerInterface(
  workloads: readonly WorkloadEndpointPolicy[],
): readonly WorkloadEndpointPolicy[] {
  const names = new Set<string>();
  return workloads.filter(({ interfaceName }) => {
    const isFirst = !names.has(interfaceName);
    names.add(interfaceName);
    return isFirst;
  });
}

function interfaceRules(
  interfaces: readonly { readonly name: string; readonly location: SourceLocation }[],
  side: 'in' | 'out',
  prefix: string,
): Rule[] {
  return [...interfaces]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, location }) =>
      rule([onInterface(side, name)], goTo(chainName(prefix, name)), { origin: location }),
    );
}
