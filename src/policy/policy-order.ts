import type { PolicyResource, Tier } from '../resources/resource-set.ts';
import { BUILT_IN_TIERS } from '../resources/tier.ts';
import type { VersionFacts } from './version-facts.ts';

/** A tier as it takes part in the order of evaluation. */
export interface OrderedTier {
  readonly name: string;
  readonly defaultAction: 'deny' | 'pass';
  /** In order of evaluation. */
  readonly policies: readonly PolicyResource[];
}

/** What policies are called in messages, decisions and ties of order: `namespace/name` where namespaced. */
export function policyDisplayName({ metadata }: PolicyResource): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/**
 * The policies in order of evaluation, in their tiers in order; tiers without policies are left out. Without tiers in the version,
 * all are in `default`.
 *
 * @throws Error when a policy is in a tier that does not exist, which the readers refuse.
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
  const ordered = orderTiers(tiers);
  const stray = sorted.find((policy) => !ordered.some(({ name }) => name === policy.tier));
  if (stray !== undefined) {
    throw new Error(`policy ${policyDisplayName(stray)} is in the unknown tier ${stray.tier}`);
  }
  return ordered
    .map((tier) => ({ ...tier, policies: sorted.filter((policy) => policy.tier === tier.name) }))
    .filter((tier) => tier.policies.length > 0);
}

function orderTiers(documents: readonly Tier[]): readonly Omit<OrderedTier, 'policies'>[] {
  const tiers = documents.map(({ metadata, order, defaultAction }) => ({
    name: metadata.name,
    order: BUILT_IN_TIERS.get(metadata.name)?.order ?? order,
    defaultAction,
  }));
  const written = new Set(tiers.map((tier) => tier.name));
  const builtIn = [...BUILT_IN_TIERS].map(([name, tier]) => ({ name, ...tier }));
  const all = [...tiers, ...builtIn.filter((tier) => !written.has(tier.name))];
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
