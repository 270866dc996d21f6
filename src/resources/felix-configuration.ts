import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { renderCidr } from '../address/cidr.ts';
import { IP_PROTOCOL, renderProtocol } from '../address/protocol.ts';
import { SUBDOMAIN_NAME } from './calico-names.ts';
import { FELIX_PARAMETERS, type FelixParameter } from './felix-parameters.ts';
import { readCidr } from './read-addresses.ts';
import { readMetadata } from './read-metadata.ts';
import { readProtocol } from './read-protocol.ts';
import { parseRulePort } from './read-rule-ports.ts';
import { Fields } from './reading/fields.ts';
import { orList, shorten } from './reading/wording.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { FelixSetting } from './resource-set.ts';

/** Values of which Felix knows these only, whatever their case. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  chainInsertMode: ['Insert', 'Append'],
  defaultEndpointToHostAction: ['Drop', 'Accept', 'Return'],
  iptablesFilterAllowAction: ['Accept', 'Return'],
  iptablesMangleAllowAction: ['Accept', 'Return'],
  iptablesFilterDenyAction: ['Drop', 'Reject'],
  iptablesBackend: ['Auto', 'Legacy', 'NFT'],
  nftablesMode: ['Enabled', 'Disabled', 'Auto'],
  floatingIPs: ['Enabled', 'Disabled'],
  ipForwarding: ['Enabled', 'Disabled'],
  serviceLoopPrevention: ['Drop', 'Reject', 'Disabled'],
  workloadSourceSpoofing: ['Disabled', 'Any'],
};

const DURATION = /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/;

/** Reads a FelixConfiguration; its parameters become what they would be in the environment. */
export function readFelixConfiguration(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields, nameLocation } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: false,
  });
  fields?.finish();
  if (metadata.name !== 'default' && !metadata.name.startsWith('node.')) {
    document.problem(
      'invalid-name',
      nameLocation,
      `no Felix reads the FelixConfiguration \`${shorten(metadata.name)}\``,
      'Felix reads `default` and `node.NAME`.',
      'warning',
    );
  }
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  const settings = new Map<string, FelixSetting>();
  for (const name of spec?.names() ?? []) {
    if (spec === undefined) break;
    const parameter = FELIX_PARAMETERS.get(name);
    if (parameter === undefined) reportUnknown(spec, name);
    else readSetting(spec, parameter, { collector, settings });
  }
  collector.felixConfigurations.push({ metadata, settings });
  collector.identify(document, 'FelixConfiguration', metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'FelixConfiguration', exclusive: false });
}

function reportUnknown(spec: Fields, name: string): void {
  const nearest = spec.context.suggest(name, FELIX_PARAMETERS.keys());
  spec.problem(
    'unknown-field',
    spec.keyLocation(name),
    `Felix has no parameter \`${shorten(name)}\``,
    nearest === undefined
      ? 'See the FelixConfiguration reference.'
      : `Did you mean \`${nearest}\`?`,
    spec.context.lenient ? 'warning' : 'error',
  );
}

function readSetting(
  spec: Fields,
  parameter: FelixParameter,
  into: { readonly collector: ResourceCollector; readonly settings: Map<string, FelixSetting> },
): void {
  const { field } = parameter;
  if (!spec.has(field)) return;
  if (parameter.since !== '3.9') {
    into.collector.useFeature(spec, {
      feature: `the Felix parameter \`${field}\``,
      since: parameter.since,
      location: spec.keyLocation(field),
    });
  }
  const value = readValue(spec, parameter, into.collector);
  if (value === undefined) return;
  into.settings.set(parameter.parameter, { value, location: spec.locationOf(field) });
}

/** The value in the syntax of the environment; undefined when it was reported or means nothing there. */
function readValue(
  spec: Fields,
  { field, kind }: FelixParameter,
  collector: ResourceCollector,
): string | undefined {
  switch (kind) {
    case 'boolean':
      return spec.boolean(field)?.value.toString();
    case 'number':
      return readNumber(spec, field);
    case 'string':
      return readWord(spec, field);
    case 'duration':
      return readDuration(spec, field);
    case 'strings':
      return spec
        .strings(field)
        .map((item) => item.value)
        .join(',');
    case 'ports':
      return spec
        .list(field)
        .map((node) => readPort(spec, field, node) ?? '')
        .join(',');
    case 'port': {
      const node = spec.node(field);
      return node === undefined ? undefined : readPort(spec, field, node);
    }
    case 'failsafe':
      return readFailsafe(spec, field, collector);
    case 'range':
      return readRange(spec, field);
    case 'other':
      spec.ignore(field);
      return undefined;
  }
}

/** iptablesMarkMask is often written in hexadecimal, which YAML reads as a number unless it is quoted. */
function readNumber(spec: Fields, field: string): string | undefined {
  return spec.integer(field, { min: -1, max: 0xffffffff })?.value.toString();
}

function readWord(spec: Fields, field: string): string | undefined {
  const written = spec.string(field);
  const words = WORDS[field];
  if (written === undefined || words === undefined || written.value === '') return written?.value;
  const wanted = written.value.toLowerCase();
  if (words.some((word) => word.toLowerCase() === wanted)) return written.value;
  spec.problem(
    'invalid-value',
    written.location,
    `\`${field}\` is \`${shorten(written.value)}\``,
    `Use ${orList(words)}.`,
  );
  return undefined;
}

function readDuration(spec: Fields, field: string): string | undefined {
  const written = spec.string(field);
  if (written === undefined || DURATION.test(written.value)) return written?.value;
  spec.problem(
    'invalid-value',
    written.location,
    `\`${field}\` is \`${shorten(written.value)}\``,
    'Write a duration such as 90s or 1m30s.',
  );
  return undefined;
}

function readPort(spec: Fields, field: string, node: Node): string | undefined {
  const value = isScalar(node) ? String(node.value) : '';
  const port = parseRulePort(value, 'v1');
  if (port !== undefined) return value;
  spec.problem(
    'invalid-value',
    spec.context.locateNode(node),
    `\`${field}\` has \`${shorten(value)}\``,
    'Write a port, or a range such as "30000:32767".',
  );
  return undefined;
}

function readRange(spec: Fields, field: string): string | undefined {
  const fields = spec.fields(field);
  if (fields === undefined) return undefined;
  const bounds = { min: 0, max: 0xffffffff };
  const min = fields.integer('min', bounds);
  const max = fields.integer('max', bounds);
  fields.finish();
  return min === undefined || max === undefined ? undefined : `${min.value}-${max.value}`;
}

/** `tcp:22,udp:68`, with a net `tcp:10.0.0.0/8:22`; an empty list is `none`, because empty text would keep the default. */
function readFailsafe(
  spec: Fields,
  field: string,
  collector: ResourceCollector,
): string | undefined {
  const node = spec.node(field);
  if (!isSeq(node)) {
    // Reports the wrong type.
    spec.list(field);
    return undefined;
  }
  const ports: string[] = [];
  for (const item of spec.list(field)) {
    const port = isMap(item)
      ? readFailsafePort(new Fields(spec.context, item, `${spec.what}.${field}`), collector)
      : undefined;
    if (port !== undefined) ports.push(port);
    else if (!isMap(item)) {
      spec.problem(
        'wrong-type',
        spec.context.locateNode(item),
        `\`${field}\` must be a list of mappings`,
        'Write `- {protocol: TCP, port: 22}`.',
      );
    }
  }
  return ports.length === 0 ? 'none' : ports.join(',');
}

function readFailsafePort(fields: Fields, collector: ResourceCollector): string | undefined {
  const protocol = readProtocol(fields, 'protocol', 'v3');
  if (!fields.has('port')) {
    fields.problem('missing-field', fields.location, `${fields.what} has no \`port\``);
  }
  const port = fields.integer('port', { min: 0, max: 65535 });
  const net = readCidr(fields, 'net');
  if (fields.has('net')) {
    collector.useFeature(fields, {
      feature: '`net` of a failsafe port',
      since: '3.32',
      release: '3.15',
      location: fields.keyLocation('net'),
    });
  }
  fields.finish();
  const number = protocol?.value ?? IP_PROTOCOL.tcp;
  if (![IP_PROTOCOL.tcp, IP_PROTOCOL.udp, IP_PROTOCOL.sctp].some((known) => known === number)) {
    fields.problem(
      'invalid-value',
      fields.locationOf('protocol'),
      'a failsafe port must be of TCP, UDP or SCTP',
      'Use TCP or UDP.',
    );
  }
  if (port === undefined) return undefined;
  const middle = net === undefined ? '' : netText(renderCidr(net.value), net.value.network.family);
  return `${renderProtocol(number)}:${middle}${port.value}`;
}

function netText(text: string, family: 4 | 6): string {
  return family === 6 ? `[${text}]:` : `${text}:`;
}
