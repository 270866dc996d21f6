import type { PolicyResource, Tier } from '../resources/resource-set.ts';
import type { Problem } from '../source/problem.ts';
import type { VersionFacts } from './version-facts.ts';

/** A tier as it takes part in the order of evaluation. */
export interface OrderedTier {
  readonly name: string;
  readonly defaultAction: 'deny' | 'pass';
  /** In order of evaluation. */
  readonly policies: readonly PolicyResource[];
}

/** The tiers that exist without a document. Source: contract 1; `calico-semantics` 1.2. */
const BUILT_IN_TIERS: readonly Omit<OrderedTier & { readonly order: number }, 'policies'>[] = [
  { name: 'kube-admin', order: 1_000, defaultAction: 'pass' },
  { name: 'default', order: 1_000_000, defaultAction: 'deny' },
  { name: 'kube-baseline', order: 10_000_000, defaultAction: 'pass' },
];

/** What policies are called in messages, decisions and ties of order: `namespace/name` where namespaced. */
export function policyDisplayName({ metadata }: PolicyResource): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** Reports every policy in a tier that does not exist; in a version without tiers none can be. */
export function checkTiers(
  {
    policies,
    tiers,
    facts,
  }: {
    readonly policies: readonly PolicyResource[];
    readonly tiers: readonly Tier[];
    readonly facts: VersionFacts;
  },
  report: (problem: Problem) => void,
): void {
  if (!facts.tiers) return;
  const known = new Set(orderTiers(tiers).map(({ name }) => name));
  for (const policy of policies) if (!known.has(policy.tier)) report(unknownTier(policy));
}

/**
 * The policies in order of evaluation, in their tiers in order; tiers without policies are left out. Without tiers in the version,
 * all are in `default`. The policies' tiers exist.
 *
 * Source: `calico-semantics` 3; felix/calc/policy_sorter.go.
 */
export function orderPolicies({
  policies,
  tiers,
  facts,
}: {
  readonly policies: readonly PolicyResource[];
  readonly tiers: readonly Tier[];
  readonly facts: VersionFacts;
}): readonly OrderedTier[] {
  const sorted = sortPolicies(policies, facts);
  if (!facts.tiers) {
    return sorted.length === 0
      ? []
      : [{ name: 'default', defaultAction: 'deny', policies: sorted }];
  }
  return orderTiers(tiers)
    .map((tier) => ({ ...tier, policies: sorted.filter((policy) => policy.tier === tier.name) }))
    .filter((tier) => tier.policies.length > 0);
}

function orderTiers(documents: readonly Tier[]): readonly Omit<OrderedTier, 'policies'>[] {
  const tiers = documents.map(({ metadata, order, defaultAction }) => ({
    name: metadata.name,
    order: BUILT_IN_TIERS.find((tier) => tier.name === metadata.name)?.order ?? order,
    defaultAction,
  }));
  const written = new Set(tiers.map((tier) => tier.name));
  const all = [...tiers, ...BUILT_IN_TIERS.filter((tier) => !written.has(tier.name))];
  all.sort((a, b) => compareOrders(a.order, b.order) || compareText(a.name, b.name));
  return all.map(({ name, defaultAction }) => ({ name, defaultAction }));
}

function sortPolicies(
  policies: readonly PolicyResource[],
  facts: VersionFacts,
): readonly PolicyResource[] {
  const keyed = policies.map((policy) => ({ policy, key: tieBreak(policy, facts) }));
  keyed.sort((a, b) => compareOrders(a.policy.order, b.policy.order) || compareText(a.key, b.key));
  return keyed.map(({ policy }) => policy);
}

function tieBreak(policy: PolicyResource, facts: VersionFacts): string {
  if (facts.policyTieBreak === 'name') return policyDisplayName(policy);
  const { name, namespace } = policy.metadata;
  return `${name}/${namespace ?? ''}/${policy.kind}`;
}

/** Ascending; without an order last. */
function compareOrders(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code unit, which is byte order for the characters that names may have. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unknownTier(policy: PolicyResource): Problem {
  return {
    code: 'unknown-reference',
    severity: 'error',
    message: `policy \`${policyDisplayName(policy)}\` is in tier \`${policy.tier}\`, which does not exist`,
    location: policy.metadata.location,
    hint: `Add a Tier document named \`${policy.tier}\`, or put the policy into \`default\`.`,
  };
}
