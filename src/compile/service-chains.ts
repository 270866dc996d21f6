import { sha256 } from '@noble/hashes/sha2.js';
import { type Cidr, hostCidr } from '../address/cidr.ts';
import { type IpAddress, renderIpAddress } from '../address/ip-address.ts';
import type { ServiceEndpoint } from '../resources/kubernetes/kubernetes-resources.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Rule, UserChain } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { SourceLocation } from '../source/location.ts';
import type { ServiceBackends } from './service-backends.ts';

/** The mark that kube-proxy sets on packets to masquerade. */
export const MASQUERADE_MARK = 0x4000;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `KUBE-SVC-` and 16 letters: the form of kube-proxy's names, from a digest of what the chain is for. */
export function kubeChainName(prefix: string, of: string): string {
  const digest = sha256(new TextEncoder().encode(of));
  let letters = '';
  for (let i = 0; i < 16; i++) letters += BASE32[(digest[i] as number) & 31];
  return `KUBE-${prefix}-${letters}`;
}

/** A rule of kube-proxy's: it stands for no policy. */
export function serviceRule(
  matches: readonly Match[],
  target: Target,
  options: { readonly comment?: string; readonly origin?: SourceLocation } = {},
): Rule {
  return {
    matches,
    target,
    comment: options.comment,
    origin: options.origin,
    meaning: undefined,
    placement: 'append',
  };
}

/** A chain of kube-proxy's: it judges for no endpoint. */
export function userChain(name: string, rules: readonly Rule[]): UserChain {
  return { kind: 'user', name, rules, owner: undefined };
}

/** `-p tcp --dport 80`, preceded by `-d ADDRESS` where one is given. */
export function servicePortMatches(
  backends: ServiceBackends,
  address: IpAddress | undefined,
  port: number = backends.port.port,
): readonly Match[] {
  const { protocol } = backends.port;
  const to: readonly Match[] = address === undefined ? [] : [destinationMatch(hostCidr(address))];
  return [
    ...to,
    { kind: 'protocol', protocol, negated: false },
    { kind: 'ports', side: 'destination', range: { first: port, last: port }, negated: false },
  ];
}

/** The source is, or negated is not, in the block. */
export function sourceMatch(cidr: Cidr, negated = false): Match {
  return { kind: 'address', side: 'source', cidr, negated };
}

function destinationMatch(cidr: Cidr): Match {
  return { kind: 'address', side: 'destination', cidr, negated: false };
}

/** `-m addrtype`: the packet's side is one of the host's own addresses. */
export function localMatch(side: 'source' | 'destination'): Match {
  return { kind: 'address-type', side, type: 'LOCAL', negated: false };
}

/** Has POSTROUTING hide the source behind the host. */
export const MARK_FOR_MASQUERADE: Target = { kind: 'jump', chain: 'KUBE-MARK-MASQ' };

/** Name of the chain that translates to one endpoint. */
function endpointChainName(backends: ServiceBackends, endpoint: ServiceEndpoint): string {
  const { address, port } = endpoint;
  return kubeChainName('SEP', `${backends.name}${renderIpAddress(address)}:${port}`);
}

/** The chain of one endpoint: what comes from the endpoint itself is masqueraded, so that the answer comes back this way. */
export function endpointChain(backends: ServiceBackends, endpoint: ServiceEndpoint): UserChain {
  const { protocol } = backends.port;
  const comment = backends.name;
  const { address, port, location } = endpoint;
  const name = endpointChainName(backends, endpoint);
  const affinity: readonly Match[] =
    backends.service.sessionAffinitySeconds === undefined
      ? []
      : [{ kind: 'recent', mode: 'set', name, seconds: undefined }];
  return userChain(name, [
    serviceRule([sourceMatch(hostCidr(address))], MARK_FOR_MASQUERADE, {
      comment,
      origin: location,
    }),
    serviceRule(
      [{ kind: 'protocol', protocol, negated: false }, ...affinity],
      { kind: 'dnat', address, port },
      { comment, origin: location },
    ),
  ]);
}

/**
 * The rules that spread connections over endpoints: with session affinity first to where the client was before, then by chance,
 * each with the same probability in the end.
 */
export function balancingRules(
  backends: ServiceBackends,
  endpoints: readonly ServiceEndpoint[],
): readonly Rule[] {
  const seconds = backends.service.sessionAffinitySeconds;
  const rules: Rule[] = [];
  const jumpTo = (endpoint: ServiceEndpoint): Target => ({
    kind: 'jump',
    chain: endpointChainName(backends, endpoint),
  });
  const describe = (endpoint: ServiceEndpoint): { comment: string; origin: SourceLocation } => ({
    comment: `${backends.name} -> ${renderIpAddress(endpoint.address)}:${endpoint.port}`,
    origin: endpoint.location,
  });
  // With a single endpoint affinity decides nothing.
  if (seconds !== undefined && endpoints.length > 1) {
    for (const endpoint of endpoints) {
      const name = endpointChainName(backends, endpoint);
      rules.push(
        serviceRule(
          [{ kind: 'recent', mode: 'rcheck', name, seconds }],
          jumpTo(endpoint),
          describe(endpoint),
        ),
      );
    }
  }
  endpoints.forEach((endpoint, i) => {
    const left = endpoints.length - i;
    const chance: readonly Match[] =
      left === 1 ? [] : [{ kind: 'statistic', probability: 1 / left }];
    rules.push(serviceRule(chance, jumpTo(endpoint), describe(endpoint)));
  });
  return rules;
}
