import { type Cidr, parseInterfaceAddress, renderCidr } from '../address/cidr.ts';
import { sameIpAddress } from '../address/ip-address.ts';
import { SUBDOMAIN_NAME } from './calico-names.ts';
import { readCidr } from './read-addresses.ts';
import { readMetadata } from './read-metadata.ts';
import { readSelector } from './read-selector.ts';
import type { Fields, Written } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';

const MODES = ['Never', 'Always', 'CrossSubnet'] as const;

/** Fields that came after 3.9. */
const NEWER = ['allowedUses', 'assignmentMode', 'disableBGPExport', 'namespaceSelector'] as const;

/** Reads an IPPool. */
export function readIpPool(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: false,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  const cidr = requireCidr(document, spec);
  const ipipMode = spec?.oneOf('ipipMode', MODES)?.value ?? 'Never';
  const vxlanMode = spec?.oneOf('vxlanMode', MODES)?.value ?? 'Never';
  const natOutgoing = spec?.boolean('natOutgoing')?.value ?? false;
  const disabled = spec?.boolean('disabled')?.value ?? false;
  if (spec !== undefined) {
    spec.integer('blockSize', { min: 20, max: 128 });
    readSelector(spec, 'nodeSelector', { collector });
    for (const name of NEWER) {
      if (!spec.has(name)) continue;
      const location = spec.keyLocation(name);
      collector.useFeature(spec, { feature: `\`${name}\` of an IPPool`, since: '3.32', location });
    }
    spec.finish();
    if (ipipMode !== 'Never' && vxlanMode !== 'Never') {
      spec.problem(
        'invalid-combination',
        spec.keyLocation('vxlanMode'),
        'the pool has both `ipipMode` and `vxlanMode`',
        'Use one of the two.',
      );
    }
    if (ipipMode !== 'Never' && cidr?.network.family === 6) {
      spec.problem(
        'invalid-combination',
        spec.locationOf('ipipMode'),
        'IPIP is for IPv4 pools only',
        'Use `vxlanMode`, or no tunnel.',
      );
    }
  }
  if (cidr !== undefined) {
    collector.ipPools.push({
      api: 'v3',
      metadata,
      cidr,
      ipip: ipipMode !== 'Never',
      vxlan: vxlanMode !== 'Never',
      natOutgoing,
      disabled,
    });
  }
  collector.identify(document, 'IPPool', metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'IPPool', exclusive: false });
}

/** Reads the original API's ipPool, which is named by its block. */
export function readV1IpPool(document: Fields, collector: ResourceCollector): void {
  const fields = document.fields('metadata');
  if (fields === undefined) {
    document.problem('missing-field', document.location, 'ipPool has no `metadata`');
  }
  const cidr = requireCidr(document, fields);
  fields?.finish();
  const spec = document.fields('spec');
  document.finish();
  const ipip = spec?.fields('ipip');
  const ipipEnabled = ipip?.boolean('enabled')?.value ?? false;
  ipip?.oneOf('mode', ['always', 'cross-subnet']);
  ipip?.finish();
  const natOutgoing = spec?.boolean('nat-outgoing')?.value ?? false;
  const disabled = spec?.boolean('disabled')?.value ?? false;
  spec?.finish();
  if (cidr === undefined) return;
  const name = renderCidr(cidr);
  collector.ipPools.push({
    api: 'v1',
    metadata: { name, namespace: undefined, labels: new Map(), location: document.location },
    cidr,
    ipip: ipipEnabled,
    vxlan: false,
    natOutgoing,
    disabled,
  });
  collector.identify(document, 'ipPool', name);
  collector.useApi(document, { api: 'v1', kind: 'ipPool', exclusive: false });
}

function requireCidr(document: Fields, fields: Fields | undefined): Cidr | undefined {
  if (fields === undefined || !fields.has('cidr')) {
    document.problem(
      'missing-field',
      fields?.location ?? document.location,
      `${document.what} has no \`cidr\``,
    );
    return undefined;
  }
  const cidr = readCidr(fields, 'cidr');
  if (cidr !== undefined) checkHostBits(fields, cidr);
  return cidr?.value;
}

/** A pool is the block itself: an address within it would be a slip of the fingers. */
function checkHostBits(fields: Fields, cidr: Written<Cidr>): void {
  const text = fields.string('cidr')?.value ?? '';
  const address = parseInterfaceAddress(text)?.address;
  if (address === undefined || sameIpAddress(address, cidr.value.network)) return;
  fields.problem(
    'invalid-value',
    cidr.location,
    `\`cidr\` is \`${text}\`, which has bits behind its length`,
    `Write ${renderCidr(cidr.value)}.`,
  );
}
