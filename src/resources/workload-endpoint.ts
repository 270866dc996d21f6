import { type Cidr, cidrContains, renderCidr } from '../address/cidr.ts';
import { renderIpAddress } from '../address/ip-address.ts';
import { SUBDOMAIN_NAME, V1_NAME, V1_NODE_NAME } from './calico-names.ts';
import { readNamedPorts } from './endpoint-parts.ts';
import { readAddress, readCidrs } from './read-addresses.ts';
import { checkName, readMetadata } from './read-metadata.ts';
import type { Fields, Written } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { WorkloadEndpoint } from './resource-set.ts';

/** Reads a WorkloadEndpoint. */
export function readWorkloadEndpoint(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: true,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  if (spec === undefined) {
    reportMissingSpec(document);
    return;
  }
  const node = spec.requiredString('node');
  const orchestrator = spec.string('orchestrator');
  spec.ignore('workload', 'pod', 'containerID', 'endpoint', 'serviceAccountName');
  spec.ignore('allowSpoofedSourcePrefixes', 'qosControls');
  const endpoint = readEndpointSpec(spec);
  const ports = readNamedPorts(spec);
  spec.finish();
  collector.workloadEndpoints.push({
    api: 'v3',
    metadata,
    node: node?.value ?? '',
    orchestrator: orchestrator?.value,
    ...endpoint,
    ports,
  });
  collector.identify(document, 'WorkloadEndpoint', metadata.namespace, metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'WorkloadEndpoint', exclusive: true });
}

/** Reads the original API's workloadEndpoint, whose identity is spread over its metadata. */
export function readV1WorkloadEndpoint(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v1',
    nameRule: V1_NAME,
    namespaced: false,
  });
  const identity = ['node', 'orchestrator', 'workload'].map((name) => {
    const written = fields?.requiredString(name);
    if (written !== undefined && fields !== undefined) {
      checkName(fields, written, { rule: name === 'node' ? V1_NODE_NAME : V1_NAME, what: name });
    }
    return written?.value;
  });
  fields?.ignore('activeInstanceID');
  fields?.finish();
  const spec = document.fields('spec');
  document.finish();
  if (spec === undefined) {
    reportMissingSpec(document);
    return;
  }
  const endpoint = readEndpointSpec(spec);
  spec.finish();
  collector.workloadEndpoints.push({
    api: 'v1',
    metadata,
    node: identity[0] ?? '',
    ...endpoint,
    ports: [],
  });
  collector.identify(document, 'workloadEndpoint', ...identity, metadata.name);
  collector.useApi(document, { api: 'v1', kind: 'workloadEndpoint', exclusive: true });
}

function reportMissingSpec(document: Fields): void {
  if (document.has('spec')) return;
  document.problem('missing-field', document.location, `${document.what} has no \`spec\``);
}

type EndpointSpec = Pick<WorkloadEndpoint, 'interfaceName' | 'ipNetworks' | 'ipNats' | 'profiles'>;

function readEndpointSpec(spec: Fields): EndpointSpec {
  const interfaceName = spec.requiredString('interfaceName');
  if (interfaceName !== undefined) {
    checkName(spec, interfaceName, { rule: WORKLOAD_INTERFACE, what: 'interface' });
  }
  const networks = readCidrs(spec, 'ipNetworks');
  for (const { value, location } of networks) {
    if (value.prefixLength === (value.network.family === 4 ? 32 : 128)) continue;
    spec.problem(
      'invalid-value',
      location,
      `\`${renderCidr(value)}\` in \`ipNetworks\` is more than one address`,
      'An endpoint has single addresses: /32 for IPv4, /128 for IPv6.',
    );
  }
  const ipNats = spec.fieldsList('ipNATs').map((nat) => readIpNat(nat, networks));
  readAddress(spec, 'ipv4Gateway');
  readAddress(spec, 'ipv6Gateway');
  const mac = spec.string('mac');
  if (mac !== undefined && !/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac.value)) {
    spec.problem(
      'invalid-value',
      mac.location,
      `\`mac\` is \`${mac.value.slice(0, 60)}\``,
      MAC_HINT,
    );
  }
  return {
    interfaceName: interfaceName?.value ?? '',
    ipNetworks: networks.map((network) => network.value),
    ipNats: ipNats.filter((nat) => nat !== undefined),
    profiles: spec.strings('profiles').map((profile) => profile.value),
  };
}

const MAC_HINT = 'Write six pairs of hexadecimal digits, as in ee:ee:ee:ee:ee:ee.';

const WORKLOAD_INTERFACE = {
  pattern: /^[a-zA-Z0-9_.-]+$/,
  maxLength: 15,
  hint: 'Use at most 15 letters, digits, `_`, `.` and `-`.',
};

/** A floating address and the endpoint's own one behind it: of one family, and the latter in ipNetworks. */
function readIpNat(
  nat: Fields,
  networks: readonly Written<Cidr>[],
): WorkloadEndpoint['ipNats'][number] | undefined {
  const internal = readAddress(nat, 'internalIP');
  const external = readAddress(nat, 'externalIP');
  for (const name of ['internalIP', 'externalIP']) {
    if (!nat.has(name)) {
      nat.problem('missing-field', nat.location, `${nat.what} has no \`${name}\``);
    }
  }
  nat.finish();
  if (internal === undefined || external === undefined) return undefined;
  if (internal.value.family !== external.value.family) {
    nat.problem(
      'invalid-combination',
      external.location,
      '`internalIP` and `externalIP` are of different families',
      'Use two IPv4 or two IPv6 addresses.',
    );
  }
  if (!networks.some((network) => cidrContains(network.value, internal.value))) {
    nat.problem(
      'invalid-combination',
      internal.location,
      `\`internalIP\` ${renderIpAddress(internal.value)} is not in \`ipNetworks\``,
      'Use an address of the endpoint.',
    );
  }
  return { internal: internal.value, external: external.value };
}
