import { LABEL_NAME } from './calico-names.ts';
import { readMetadata } from './read-metadata.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { Tier } from './resource-set.ts';

/**
 * The tiers that exist without a document: the orders that they have with one too, and what they do by default without.
 * Source: `calico-semantics` 1.2.
 */
export const BUILT_IN_TIERS: ReadonlyMap<string, Pick<Tier, 'defaultAction'> & { order: number }> =
  new Map([
    ['kube-admin', { order: 1_000, defaultAction: 'pass' }],
    ['default', { order: 1_000_000, defaultAction: 'deny' }],
    ['kube-baseline', { order: 10_000_000, defaultAction: 'pass' }],
  ]);

/** Reads a Tier. */
export function readTier(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: LABEL_NAME,
    namespaced: false,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  const order = spec?.number('order');
  const action = spec?.oneOf('defaultAction', ['Deny', 'Pass']);
  spec?.finish();
  const fixed = BUILT_IN_TIERS.get(metadata.name)?.order;
  if (fixed !== undefined && order?.value !== fixed) {
    document.problem(
      'invalid-value',
      order?.location ?? spec?.location ?? document.location,
      `the order of the tier \`${metadata.name}\` is ${order?.value ?? 'missing'}`,
      `It must be ${fixed}.`,
    );
  }
  collector.tiers.push({
    metadata,
    order: order?.value,
    defaultAction: action?.value === 'Pass' ? 'pass' : 'deny',
  });
  collector.identify(document, 'Tier', metadata.name);
  collector.useFeature(document, {
    feature: 'the kind Tier',
    since: '3.32',
    release: '3.29',
    location: document.locationOf('kind'),
  });
  collector.useApi(document, { api: 'v3', kind: 'Tier', exclusive: false });
}
