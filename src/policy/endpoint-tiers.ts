import type { PolicyResource } from '../resources/resource-set.ts';
import type { EndpointTier, ResolvedPolicy } from './node-policy.ts';
import { type OrderedTier, policyDisplayName } from './policy-order.ts';
import type { RuleResolver } from './rule-resolver.ts';

/** The lists that an endpoint's policies are divided into. A policy may be in `normal` and `forward`, else in one only. */
export type PolicyList = 'untracked' | 'preDnat' | 'normal' | 'forward';

/** The directions that a policy is for: as written, else by the rules that it has; ingress when it has none (1.4). */
export function policyTypes(policy: PolicyResource): readonly ('ingress' | 'egress')[] {
  if (policy.types !== undefined && policy.types.length > 0) return policy.types;
  if (policy.egress.length === 0) return ['ingress'];
  return policy.ingress.length === 0 ? ['egress'] : ['ingress', 'egress'];
}

/** Whether the policy is in the list of the endpoints that it selects (3, "Partition per endpoint"). */
function isInList(policy: PolicyResource, list: PolicyList): boolean {
  if (policy.doNotTrack) return list === 'untracked';
  if (policy.preDNAT) return list === 'preDnat';
  return list === 'normal' || (list === 'forward' && policy.applyOnForward);
}

/** Divides an endpoint's policies into lists, resolving each policy once however many endpoints it selects. */
export class TierResolver {
  private readonly rules: RuleResolver;
  private readonly resolved: Map<PolicyResource, ResolvedPolicy> = new Map();

  constructor(rules: RuleResolver) {
    this.rules = rules;
  }

  /** One list of an endpoint, from the tiers with the policies that select it. Tiers without policies in the list are left out. */
  list(tiers: readonly OrderedTier[], list: PolicyList): readonly EndpointTier[] {
    const found: EndpointTier[] = [];
    for (const tier of tiers) {
      const policies = tier.policies.filter((policy) => isInList(policy, list));
      if (policies.length === 0) continue;
      const inDirection = (direction: 'ingress' | 'egress'): readonly ResolvedPolicy[] =>
        policies
          .filter((policy) => policyTypes(policy).includes(direction))
          .map((policy) => this.resolve(policy));
      found.push({
        tier: tier.name,
        // What untracked and preDNAT policy leave undecided is for the normal policy that follows.
        defaultAction: list === 'untracked' || list === 'preDnat' ? 'pass' : tier.defaultAction,
        ingress: inDirection('ingress'),
        egress: list === 'preDnat' ? [] : inDirection('egress'),
      });
    }
    return found;
  }

  private resolve(policy: PolicyResource): ResolvedPolicy {
    let resolved = this.resolved.get(policy);
    if (resolved === undefined) {
      const types = policyTypes(policy);
      const scope = { namespace: policy.metadata.namespace };
      resolved = {
        name: policyDisplayName(policy),
        kind: policy.kind,
        tier: policy.tier,
        location: policy.metadata.location,
        ingress: types.includes('ingress') ? this.rules.resolve(policy.ingress, scope) : [],
        egress: types.includes('egress') ? this.rules.resolve(policy.egress, scope) : [],
      };
      this.resolved.set(policy, resolved);
    }
    return resolved;
  }
}
