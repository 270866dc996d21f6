import { isScalar, type Node } from 'yaml';
import { type Cidr, parseCidr } from '../../address/cidr.ts';
import { type IpAddress, parseIpAddress } from '../../address/ip-address.ts';
import { parseProtocol } from '../../address/protocol.ts';
import type { Fields, Written } from '../reading/fields.ts';

/** The protocols that Services, container ports and network policies can name. */
const PORT_PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

/** The protocol number in field `protocol`; TCP where it is left out, as in Kubernetes. */
export function readPortProtocol(fields: Fields): number {
  const name = fields.oneOf('protocol', PORT_PROTOCOLS)?.value ?? 'TCP';
  return parseProtocol(name) as number;
}

/** An address; reports anything else. */
export function readAddress(
  fields: Fields,
  written: Written<string> | undefined,
): IpAddress | undefined {
  if (written === undefined) return undefined;
  const address = parseIpAddress(written.value);
  if (address === undefined) {
    fields.problem(
      'invalid-value',
      written.location,
      `\`${written.value}\` is not an IP address`,
      'Write it as 192.0.2.1 or 2001:db8::1.',
    );
  }
  return address;
}

/** A block of addresses with its length; reports anything else. */
export function readBlock(fields: Fields, written: Written<string>): Cidr | undefined {
  const cidr = written.value.includes('/') ? parseCidr(written.value) : undefined;
  if (cidr === undefined) {
    fields.problem(
      'invalid-value',
      written.location,
      `\`${written.value}\` is not a CIDR`,
      'Write it as 10.0.0.0/8.',
    );
  }
  return cidr;
}

/** A port by number or by name, as targetPort and network policies have it. */
export function readIntOrName(fields: Fields, name: string): number | string | undefined {
  const node: Node | undefined = fields.node(name);
  if (node === undefined) return undefined;
  if (isScalar(node) && typeof node.value === 'string') {
    if (/^\d+$/.test(node.value)) {
      fields.problem(
        'invalid-value',
        fields.locationOf(name),
        `\`${name}\` is the string \`${node.value}\``,
        `Write the port number without quotes.`,
      );
      return undefined;
    }
    if (/^(?!-)(?=.*[a-z])[a-z0-9-]{1,15}(?<!-)$/.test(node.value)) return node.value;
    fields.problem(
      'invalid-value',
      fields.locationOf(name),
      `\`${node.value}\` is not a port name`,
      'Use at most 15 lower-case letters, digits and `-`, with a letter among them.',
    );
    return undefined;
  }
  return fields.integer(name, { min: 1, max: 65535 })?.value;
}
