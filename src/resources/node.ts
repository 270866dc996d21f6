import { parseInterfaceAddress } from '../address/cidr.ts';
import type { IpAddress } from '../address/ip-address.ts';
import { SUBDOMAIN_NAME, V1_NODE_NAME } from './calico-names.ts';
import { readAddress } from './read-addresses.ts';
import { readMetadata } from './read-metadata.ts';
import type { Fields, Written } from './reading/fields.ts';
import { shorten } from './reading/wording.ts';
import type { ResourceCollector } from './resource-collector.ts';

const ADDRESS_TYPES = ['InternalIP', 'ExternalIP', 'CalicoNodeIP'] as const;

/** Reads a Calico Node; its addresses are those that other hosts reach it by, tunnels included. */
export function readNode(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: SUBDOMAIN_NAME,
    namespaced: false,
  });
  fields?.finish();
  document.ignore('status');
  const spec = document.fields('spec');
  document.finish();
  const addresses: (Written<IpAddress> | undefined)[] = [];
  if (spec !== undefined) {
    addresses.push(...readBgp(spec));
    addresses.push(
      readAddress(spec, 'ipv4VXLANTunnelAddr'),
      readAddress(spec, 'ipv6VXLANTunnelAddr'),
    );
    const wireguard = spec.fields('wireguard');
    if (wireguard !== undefined) {
      addresses.push(
        readAddress(wireguard, 'interfaceIPv4Address'),
        readAddress(wireguard, 'interfaceIPv6Address'),
      );
      wireguard.finish();
    }
    for (const item of spec.fieldsList('addresses')) {
      addresses.push(readInterfaceAddress(item, 'address'));
      item.oneOf('type', ADDRESS_TYPES);
      item.finish();
    }
    spec.ignore('vxlanTunnelMACAddr', 'vxlanTunnelMACAddrV6', 'orchRefs');
    spec.finish();
  }
  collector.nodes.push({ api: 'v3', metadata, addresses: distinct(addresses) });
  collector.identify(document, 'Node', metadata.name);
  collector.useApi(document, { api: 'v3', kind: 'Node', exclusive: false });
}

/** Reads the original API's node. */
export function readV1Node(document: Fields, collector: ResourceCollector): void {
  const { metadata, fields } = readMetadata(document, {
    api: 'v1',
    nameRule: V1_NODE_NAME,
    namespaced: false,
    labels: false,
  });
  fields?.finish();
  const spec = document.fields('spec');
  document.finish();
  const addresses = spec === undefined ? [] : readBgp(spec);
  spec?.ignore('orchRefs');
  spec?.finish();
  collector.nodes.push({ api: 'v1', metadata, addresses: distinct(addresses) });
  collector.identify(document, 'node', metadata.name);
  collector.useApi(document, { api: 'v1', kind: 'node', exclusive: false });
}

function readBgp(spec: Fields): (Written<IpAddress> | undefined)[] {
  const bgp = spec.fields('bgp');
  if (bgp === undefined) return [];
  const addresses = [
    readInterfaceAddress(bgp, 'ipv4Address'),
    readInterfaceAddress(bgp, 'ipv6Address'),
    readAddress(bgp, 'ipv4IPIPTunnelAddr'),
  ];
  bgp.ignore('asNumber', 'routeReflectorClusterID');
  bgp.finish();
  return addresses;
}

/** An address that may have the length of its subnet behind it. */
function readInterfaceAddress(fields: Fields, name: string): Written<IpAddress> | undefined {
  const written = fields.string(name);
  if (written === undefined) return undefined;
  const parsed = parseInterfaceAddress(written.value);
  if (parsed !== undefined) return { value: parsed.address, location: written.location };
  fields.problem(
    'invalid-value',
    written.location,
    `\`${name}\` is \`${shorten(written.value)}\``,
    'Write an address, with or without the length of its subnet: 192.0.2.10/24.',
  );
  return undefined;
}

function distinct(addresses: readonly (Written<IpAddress> | undefined)[]): readonly IpAddress[] {
  const found = new Map<string, IpAddress>();
  for (const address of addresses) {
    if (address === undefined) continue;
    const { family, w0, w1, w2, w3 } = address.value;
    found.set(`${family}:${w0}:${w1}:${w2}:${w3}`, address.value);
  }
  return [...found.values()];
}
