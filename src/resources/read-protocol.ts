import { isScalar, type Node } from 'yaml';
import { hasPorts, IP_PROTOCOL, parseProtocol } from '../address/protocol.ts';
import type { CalicoApi } from './metadata.ts';
import type { Fields, Written } from './reading/fields.ts';
import { describeNode, shorten } from './reading/wording.ts';

const V3_NAMES = ['TCP', 'UDP', 'ICMP', 'ICMPv6', 'SCTP', 'UDPLite'] as const;
const V1_NAMES = V3_NAMES.map((name) => name.toLowerCase());

/**
 * Reads a protocol: a name, or a number from 1 to 255. The original API knows lower-case names only; the current one does not mind case.
 *
 * Source: api/pkg/lib/numorstring/protocol.go.
 */
export function readProtocol(
  fields: Fields,
  name: string,
  api: CalicoApi,
): Written<number> | undefined {
  const node = fields.node(name);
  if (node === undefined) return undefined;
  const location = fields.locationOf(name);
  const value = protocolOf(node, api);
  if (value !== undefined) return { value, location };
  fields.problem(
    'invalid-value',
    location,
    `\`${name}\` is ${describeNode(node)}`,
    hintFor(node, api),
  );
  return undefined;
}

function protocolOf(node: Node, api: CalicoApi): number | undefined {
  if (!isScalar(node)) return undefined;
  const { value } = node;
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && (api === 'v3' || value === value.toLowerCase())
        ? parseProtocol(value)
        : undefined;
  if (number === undefined || !Number.isInteger(number)) return undefined;
  return number >= 1 && number <= 255 ? number : undefined;
}

function hintFor(node: Node, api: CalicoApi): string {
  const names = api === 'v1' ? V1_NAMES : V3_NAMES;
  const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
  if (api === 'v1' && parseProtocol(text) !== undefined && text !== text.toLowerCase()) {
    return `Write it in lower case: \`${shorten(text.toLowerCase())}\`.`;
  }
  return `Use ${names.join(', ')}, or a number from 1 to 255.`;
}

/** Whether rules of the API may name ports with the protocol; SCTP is newer than the others. */
export function mayHaveRulePorts(protocol: number, api: CalicoApi): boolean {
  if (protocol === IP_PROTOCOL.sctp) return api === 'v3';
  return protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp;
}

/** Whether a named port of an endpoint may have the protocol. */
export function mayBeNamedPort(protocol: number): boolean {
  return hasPorts(protocol) && mayHaveRulePorts(protocol, 'v3');
}
