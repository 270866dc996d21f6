import { type Cidr, cidrOf, hostCidr } from '../../address/cidr.ts';
import { type IpAddress, ipv4, parseIpAddress } from '../../address/ip-address.ts';
import type { Match } from '../match/match.ts';
import type { Side } from '../match/side.ts';
import { maskAddress, maskLength, parseMask } from '../option/address-codecs.ts';
import { RefusedRule } from '../option/given-options.ts';
import { parseUnsigned } from '../option/number-codecs.ts';

/** Where an address stands. */
export interface AddressWordOptions {
  readonly family: 4 | 6;
  readonly side: Side;
  readonly negated: boolean;
  /** Place of the word, for errors. */
  readonly at: number;
}

/**
 * What `-s` or `-d` asks, one for each address of its list. Undefined for every address.
 *
 * A name is looked up by the tools when the rules are loaded; what it stands for is not known here.
 *
 * @throws RefusedRule for what is neither address nor name.
 */
export function readAddressWord(
  text: string,
  options: AddressWordOptions,
): readonly (Match | undefined)[] {
  const { negated, at } = options;
  if (!text.includes(',')) return [readOne(text, options)];
  const parts = text.split(',');
  if (negated) {
    throw new RefusedRule('`!` cannot stand before several addresses', at);
  }
  return parts.map((part) => readOne(part, options));
}

function readOne(text: string, options: AddressWordOptions): Match | undefined {
  const { family, side, negated, at } = options;
  const slash = text.indexOf('/');
  const word = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(word, family);
  if (address !== undefined && isWhole(text, family)) {
    return { kind: 'address', side, cidr: hostCidr(address), negated };
  }
  const mask = slash < 0 ? undefined : parseMask(text.slice(slash + 1), family);
  if ((slash >= 0 && mask === undefined) || (address === undefined && !isHostName(word))) {
    throw new RefusedRule(`\`${text}\` is not an IPv${family} address, with or without a mask`, at);
  }
  if (address === undefined) {
    const option = side === 'source' ? '-s' : '-d';
    return { kind: 'unknown-match', name: option, text: `${negated ? '! ' : ''}${option} ${text}` };
  }
  return matchOf(address, mask, options);
}

function matchOf(
  address: IpAddress,
  mask: IpAddress | undefined,
  { family, side, negated }: AddressWordOptions,
): Match | undefined {
  const length = mask === undefined ? (family === 4 ? 32 : 128) : maskLength(mask);
  if (length === undefined || (length === 0 && negated)) {
    const held = mask as IpAddress;
    return {
      kind: 'masked-address',
      side,
      network: maskAddress(address, held),
      mask: held,
      negated,
    };
  }
  if (length === 0) return undefined;
  const cidr: Cidr = cidrOf(address, length);
  return { kind: 'address', side, cidr, negated };
}

/** Whether every bit of the address is asked for, as most rules have it when they are saved. */
function isWhole(text: string, family: 4 | 6): boolean {
  return text.endsWith(family === 4 ? '/32' : '/128');
}

/** An address; of an IPv4 one the last parts may be missing, which are 0 then. Source: xtables_numeric_to_ipaddr, iptables 1.8.9. */
function parseAddress(text: string, family: 4 | 6): IpAddress | undefined {
  const address = parseIpAddress(text);
  if (address !== undefined || family === 6) {
    return address?.family === family ? address : undefined;
  }
  if (!/^[\dxXa-fA-F]+(?:\.[\dxXa-fA-F]+){0,3}$/.test(text)) return undefined;
  let value = 0;
  const parts = text.split('.');
  for (let i = 0; i < 4; i++) {
    const part = parts[i] === undefined ? 0 : parseUnsigned(parts[i] as string, 255);
    if (part === undefined) return undefined;
    value = value * 256 + part;
  }
  return ipv4(value);
}

function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /[a-z]/i.test(text) &&
    /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?$/i.test(text)
  );
}
