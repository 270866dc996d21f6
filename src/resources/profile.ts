import { V1_NAME, V1_NODE_NAME } from './calico-names.ts';
import { checkName, readLabels, readMetadata } from './read-metadata.ts';
import { readPolicyRules } from './read-policy-rule.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { Profile } from './resource-set.ts';

/** Names of profiles are made by orchestrators (`kns.default`, `ksa.default.Name`), and hold what those allow. */
const PROFILE_NAME = V1_NAME;

/** Reads a Profile; endpoints that list it inherit `labelsToApply`. */
export function readProfile(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: PROFILE_NAME,
    namespaced: false,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  collector.profiles.push({
    api: 'v3',
    metadata,
    labels: spec === undefined ? new Map() : readLabels(spec, 'labelsToApply', 'v3'),
    tags: [],
    ...readRules(spec, { api: 'v3', collector }),
  });
  spec?.finish();
  collector.identify(document, 'Profile', metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'Profile', exclusive: true });
}

/** Reads the original API's profile, whose labels and tags are in its metadata. */
export function readV1Profile(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v1',
    nameRule: V1_NAME,
    namespaced: false,
  });
  const tags = fields?.strings('tags') ?? [];
  for (const tag of tags) {
    if (fields !== undefined) checkName(fields, tag, { rule: V1_NODE_NAME, what: 'tag' });
  }
  fields?.finish();
  const spec = document.fields('spec');
  document.finish();
  collector.profiles.push({
    api: 'v1',
    metadata,
    labels: metadata.labels,
    tags: tags.map((tag) => tag.value),
    ...readRules(spec, { api: 'v1', collector }),
  });
  spec?.finish();
  collector.identify(document, 'profile', metadata.name);
  collector.useApi(document, { api: 'v1', kind: 'profile', exclusive: true });
}

function readRules(
  spec: Fields | undefined,
  options: { readonly api: 'v1' | 'v3'; readonly collector: ResourceCollector },
): Pick<Profile, 'ingress' | 'egress'> {
  if (spec === undefined) return { ingress: [], egress: [] };
  // A profile is of no namespace, but it may name services of any.
  const common = { ...options, namespace: undefined };
  return {
    ingress: readPolicyRules(spec, { ...common, direction: 'ingress' }),
    egress: readPolicyRules(spec, { ...common, direction: 'egress' }),
  };
}
