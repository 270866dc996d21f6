import { isScalar, type Node } from 'yaml';
import { type Cidr, parseCidr } from '../address/cidr.ts';
import { type IpAddress, parseIpAddress } from '../address/ip-address.ts';
import type { SourceLocation } from '../source/location.ts';
import { placeholderHint } from './read-metadata.ts';
import type { Fields, Written } from './reading/fields.ts';
import { shorten } from './reading/wording.ts';

const CIDR = {
  what: 'address block',
  hint: 'Write an address block such as 10.0.0.0/8 or 2001:db8::/32, or one address.',
};
const ADDRESS = {
  what: 'IP address',
  hint: 'Write an address such as 192.0.2.1 or 2001:db8::1.',
};

/** Reads the blocks of a list field; host bits are cleared, a bare address is its /32 or /128. */
export function readCidrs(fields: Fields, name: string): readonly Written<Cidr>[] {
  if (!fields.has(name)) return NONE;
  return convert(fields, fields.strings(name), { name, parse: parseCidr, ...CIDR });
}

/** The blocks of a list field, and the elements that they were read from. */
export interface Blocks {
  readonly values: readonly Cidr[];
  readonly nodes: readonly Node[];
}

/** As `readCidrs`; places are told by the elements. */
export function readBlocks(fields: Fields, name: string): Blocks {
  const nodes = fields.list(name);
  if (nodes.length === 0) return NO_BLOCKS;
  // An array that is as long as it must be; one that grows has room for more.
  const all = nodes.map(blockOf);
  if (all.every((one) => one !== undefined)) return { values: all, nodes };
  const values: Cidr[] = [];
  const right: Node[] = [];
  for (const node of nodes) {
    const value = blockOf(node) ?? reportBlock(fields, node, name);
    if (value === undefined) continue;
    values.push(value);
    right.push(node);
  }
  return { values, nodes: right };
}

const NO_BLOCKS: Blocks = { values: [], nodes: [] };

function blockOf(node: Node): Cidr | undefined {
  return isScalar(node) && typeof node.value === 'string' ? parseCidr(node.value) : undefined;
}

function reportBlock(fields: Fields, node: Node, name: string): undefined {
  convert(fields, fields.stringsOf([node], name), { name, parse: parseCidr, ...CIDR });
}

/** Reads one block. */
export function readCidr(fields: Fields, name: string): Written<Cidr> | undefined {
  const written = fields.string(name);
  if (written === undefined) return undefined;
  return convert(fields, [written], { name, parse: parseCidr, ...CIDR })[0];
}

/** Reads the addresses of a list field. */
export function readAddresses(fields: Fields, name: string): readonly Written<IpAddress>[] {
  if (!fields.has(name)) return NONE;
  return convert(fields, fields.strings(name), { name, parse: parseIpAddress, ...ADDRESS });
}

/** Reads one address. */
export function readAddress(fields: Fields, name: string): Written<IpAddress> | undefined {
  const written = fields.string(name);
  if (written === undefined) return undefined;
  return convert(fields, [written], { name, parse: parseIpAddress, ...ADDRESS })[0];
}

const NONE: readonly never[] = [];

function convert<T>(
  fields: Fields,
  written: readonly { readonly value: string; readonly location: SourceLocation }[],
  options: {
    readonly name: string;
    readonly parse: (text: string) => T | undefined;
    readonly what: string;
    readonly hint: string;
  },
): readonly Written<T>[] {
  const found: Written<T>[] = [];
  for (const { value: text, location } of written) {
    const value = options.parse(text);
    if (value !== undefined) found.push({ value, location });
    else {
      fields.problem(
        'invalid-value',
        location,
        `\`${shorten(text)}\` in \`${options.name}\` is no ${options.what}`,
        placeholderHint(text) ?? options.hint,
      );
    }
  }
  return found;
}
