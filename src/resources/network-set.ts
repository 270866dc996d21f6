import { SUBDOMAIN_NAME } from './calico-names.ts';
import { readBlocks } from './read-addresses.ts';
import { readMetadata } from './read-metadata.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** The label by which Calico marks what is of a namespace; a set may not claim to be. */
const NAMESPACE_LABEL = 'projectcalico.org/namespace';

/** Reads a GlobalNetworkSet. */
export function readGlobalNetworkSet(document: Fields, collector: ResourceCollector): void {
  readSet(document, { kind: 'GlobalNetworkSet', collector });
}

/** Reads a NetworkSet, which is of one namespace. */
export function readNetworkSet(document: Fields, collector: ResourceCollector): void {
  readSet(document, { kind: 'NetworkSet', collector });
}

function readSet(
  document: Fields,
  options: {
    readonly kind: 'GlobalNetworkSet' | 'NetworkSet';
    readonly collector: ResourceCollector;
  },
): void {
  const { kind, collector } = options;
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: kind === 'NetworkSet',
  });
  fields?.finish();
  if (metadata.labels.has(NAMESPACE_LABEL)) {
    const labels = fields?.fields('labels');
    document.problem(
      'invalid-label',
      labels?.keyLocation(NAMESPACE_LABEL) ?? document.location,
      `a ${kind} cannot have the label \`${NAMESPACE_LABEL}\``,
      'Calico sets it itself.',
    );
  }
  const spec = document.fields('spec');
  document.finish();
  const nets = spec === undefined ? [] : readBlocks(spec, 'nets').values;
  spec?.finish();
  collector.networkSets.push({ metadata, nets });
  collector.identify(document, kind, metadata.namespace, metadata.name);
  collector.useFeature(document, {
    feature: `the kind ${kind}`,
    since: '3.9',
    location: document.locationOf('kind'),
  });
  collector.useApi(document, { api: 'v3', kind, exclusive: false });
}
