import { cidrContains } from '../address/cidr.ts';
import type { FailsafePort } from './felix-config.ts';
import { canMatchFamily, type PolicyView, ruleMatches } from './match-rule.ts';
import type { EndpointTier, ResolvedProfile, ResolvedRule } from './node-policy.ts';

/** Which policy list of an endpoint is judged, and for which way of the packet. Ingress: arriving at the endpoint. */
export interface Aspect {
  readonly direction: 'ingress' | 'egress';
  readonly type: 'untracked' | 'preDNAT' | 'normal' | 'forward' | 'workload';
}

/** The rule, or the lack of one, that ended the evaluation of an endpoint's policies and profiles. */
export type Judgement =
  | {
      readonly kind: 'policy' | 'profile';
      readonly action: 'allow' | 'deny';
      readonly name: string;
      readonly tier: string | undefined;
      readonly rule: ResolvedRule;
    }
  /** A tier whose policies all let the packet fall through to its end, where it drops. */
  | { readonly kind: 'end-of-tier'; readonly tier: string }
  /** No policy decided: there was none, or it passed. What that means depends on the list. */
  | { readonly kind: 'undecided' };

/**
 * Whether the packet carries Felix's mark of one that was passed. Every written `pass` rule leaves where the mark is set, by itself or by
 * whatever came before: a tier starts without it, but profiles do not, so that after a policy's pass the first `pass` of a
 * profile leaves it for every packet.
 *
 * Source: felix/rules/policy.go, CalculateActions: set the mark under the rule's match, return under the mark.
 */
export interface PassMark {
  isSet: boolean;
}

/**
 * Judges by the tiers in order: the first rule that allows or denies ends it; `pass` leaves the tier; `log` ends nothing. A tier
 * none of whose policies decides drops, unless it has no policy in this direction or its default is to pass.
 *
 * Source: `calico-semantics` 3, "Verdict inside a chain".
 */
export function judgeTiers(
  tiers: readonly EndpointTier[],
  direction: 'ingress' | 'egress',
  view: PolicyView,
  passMark: PassMark,
): Judgement {
  for (const tier of tiers) {
    if (tier[direction].length > 0) passMark.isSet = false;
    const decisive = findDecisive(tier[direction], direction, view);
    if (decisive === undefined) {
      if (tier[direction].length > 0 && tier.defaultAction === 'deny') {
        return { kind: 'end-of-tier', tier: tier.tier };
      }
      continue;
    }
    const { policy, rule } = decisive;
    if (rule.action === 'allow' || rule.action === 'deny') {
      return { kind: 'policy', action: rule.action, name: policy.name, tier: tier.tier, rule };
    }
    passMark.isSet = true;
  }
  return { kind: 'undecided' };
}

/** The first rule that matches and does more than log, with its policy. */
function findDecisive(
  policies: EndpointTier['ingress'],
  direction: 'ingress' | 'egress',
  view: PolicyView,
): { readonly policy: EndpointTier['ingress'][number]; readonly rule: ResolvedRule } | undefined {
  for (const policy of policies) {
    for (const rule of policy[direction]) {
      if (rule.action !== 'log' && ruleMatches(rule, view)) return { policy, rule };
    }
  }
  return undefined;
}

/** Judges by the profiles in listed order. `pass` leaves the profile that it stands in. */
export function judgeProfiles(
  profiles: readonly ResolvedProfile[],
  direction: 'ingress' | 'egress',
  view: PolicyView,
  passMark: PassMark,
): Judgement {
  for (const { name, [direction]: rules } of profiles) {
    for (const rule of rules.filter((candidate) => canMatchFamily(candidate, view.family))) {
      const matches = ruleMatches(rule, view);
      if (rule.action === 'pass') {
        if (matches) passMark.isSet = true;
        if (passMark.isSet) break;
      } else if (matches && rule.action !== 'log') {
        return { kind: 'profile', action: rule.action, name, tier: undefined, rule };
      }
    }
  }
  return { kind: 'undecided' };
}

/**
 * Whether the packet goes to a failsafe port. A failsafe's net is that of the peer: the source of what arrives, the destination of
 * what leaves. `portOf: 'source'` asks the raw table's other question: whether it answers from such a port.
 *
 * Source: `calico-semantics` 6.
 */
export function isFailsafe(
  ports: readonly FailsafePort[],
  view: PolicyView,
  {
    portOf,
    peer,
  }: {
    readonly portOf: 'source' | 'destination';
    readonly peer: 'source' | 'destination';
  },
): boolean {
  const { headers } = view;
  const port = portOf === 'source' ? headers.sourcePort : headers.destinationPort;
  const address = peer === 'source' ? headers.source : headers.destination;
  return ports.some(
    (failsafe) =>
      failsafe.protocol === view.protocol &&
      failsafe.port === port &&
      (failsafe.net === undefined || cidrContains(failsafe.net, address)),
  );
}
