import { INTERFACE_NAMES, SUBDOMAIN_NAME, V1_NAME, V1_NODE_NAME } from './calico-names.ts';
import { readNamedPorts } from './endpoint-parts.ts';
import type { CalicoApi } from './metadata.ts';
import { readAddresses } from './read-addresses.ts';
import { checkName, readMetadata } from './read-metadata.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { HostEndpoint } from './resource-set.ts';

/** Reads a HostEndpoint. */
export function readHostEndpoint(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: false,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  const node = spec?.requiredString('node');
  const endpoint = readEndpointSpec(document, spec, 'v3');
  collector.hostEndpoints.push({
    api: 'v3',
    metadata,
    node: node?.value ?? '',
    ...endpoint,
    ports: spec === undefined ? [] : readNamedPorts(spec),
  });
  spec?.finish();
  collector.identify(document, 'HostEndpoint', metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'HostEndpoint', exclusive: true });
}

/** Reads the original API's hostEndpoint, whose node is in its metadata and part of its identity. */
export function readV1HostEndpoint(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v1',
    nameRule: V1_NAME,
    namespaced: false,
  });
  const node = fields?.requiredString('node');
  if (node !== undefined && fields !== undefined) {
    checkName(fields, node, { rule: V1_NODE_NAME, what: 'node' });
  }
  fields?.finish();
  const spec = document.fields('spec');
  document.finish();
  const endpoint = readEndpointSpec(document, spec, 'v1');
  spec?.refuse(
    'ports',
    'newer-field',
    '`ports` of a host endpoint exists since projectcalico.org/v3',
    'Write a HostEndpoint of projectcalico.org/v3.',
  );
  spec?.refuse(
    'node',
    'unknown-field',
    'a hostEndpoint has its `node` in `metadata`',
    'Move it to `metadata`.',
  );
  spec?.finish();
  collector.hostEndpoints.push({
    api: 'v1',
    metadata,
    node: node?.value ?? '',
    ...endpoint,
    ports: [],
  });
  collector.identify(document, 'hostEndpoint', node?.value, metadata.name);
  collector.useApi(document, { api: 'v1', kind: 'hostEndpoint', exclusive: true });
}

/** What both APIs have in the spec. One of interfaceName and expectedIPs must say which interface it is. */
function readEndpointSpec(
  document: Fields,
  spec: Fields | undefined,
  api: CalicoApi,
): Pick<HostEndpoint, 'interfaceName' | 'expectedIPs' | 'profiles'> {
  const interfaceName = spec?.string('interfaceName');
  if (spec !== undefined && interfaceName !== undefined && interfaceName.value !== '') {
    checkName(spec, interfaceName, { rule: INTERFACE_NAMES[api], what: 'interface' });
  }
  const expectedIPs = spec === undefined ? [] : readAddresses(spec, 'expectedIPs');
  const profiles = spec === undefined ? [] : spec.strings('profiles');
  const named = interfaceName !== undefined && interfaceName.value !== '';
  const wronglyWritten = spec?.has('expectedIPs') && spec.list('expectedIPs').length > 0;
  if (!named && expectedIPs.length === 0 && !wronglyWritten) {
    document.problem(
      'missing-field',
      spec?.location ?? document.location,
      `${document.what} has neither \`interfaceName\` nor \`expectedIPs\``,
      'Say which interface it is, by name or by its addresses.',
    );
  }
  return {
    interfaceName: named ? interfaceName.value : undefined,
    expectedIPs: expectedIPs.map((address) => address.value),
    profiles: profiles.map((profile) => profile.value),
  };
}
