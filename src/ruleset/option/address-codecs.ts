import { type IpAddress, ipv4, ipv6, parseIpAddress } from '../../address/ip-address.ts';
import { renderStoredAddress } from '../stored-address.ts';
import type { Codec } from './codec.ts';

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/** An address whose bits count where those of `mask` are set; the others are 0. */
export interface MaskedAddress {
  readonly network: IpAddress;
  readonly mask: IpAddress;
}

/** An address of the rule's family. */
export const ADDRESS: Codec<IpAddress> = {
  parse: (text, family) => {
    const address = parseIpAddress(text);
    return address?.family === family ? address : undefined;
  },
  render: renderStoredAddress,
  wanted: 'an address',
};

/** `192.0.2.1-192.0.2.9`, or one address. */
export const ADDRESS_RANGE: Codec<AddressRange> = {
  parse: (text, family) => {
    const dash = text.indexOf('-');
    const first = ADDRESS.parse(dash < 0 ? text : text.slice(0, dash), family);
    const last = dash < 0 ? first : ADDRESS.parse(text.slice(dash + 1), family);
    return first === undefined || last === undefined ? undefined : { first, last };
  },
  render: ({ first, last }) => `${renderStoredAddress(first)}-${renderStoredAddress(last)}`,
  wanted: 'a range of addresses',
};

/** `192.0.2.0/24`, `192.0.2.0/255.255.0.255` or a bare address; printed with the length where the mask has one. */
export const MASKED_ADDRESS: Codec<MaskedAddress> = {
  parse: (text, family) => {
    const slash = text.indexOf('/');
    const address = ADDRESS.parse(slash < 0 ? text : text.slice(0, slash), family);
    const mask = parseMask(
      slash < 0 ? (family === 4 ? '32' : '128') : text.slice(slash + 1),
      family,
    );
    if (address === undefined || mask === undefined) return undefined;
    return { network: maskAddress(address, mask), mask };
  },
  render: ({ network, mask }) => {
    const length = maskLength(mask);
    return `${renderStoredAddress(network)}/${length ?? renderStoredAddress(mask)}`;
  },
  wanted: 'an address with a prefix length or mask',
};

/** The same, where a whole address is printed without its length. */
export const ADDRESS_OR_BLOCK: Codec<MaskedAddress> = {
  ...MASKED_ADDRESS,
  render: (value, family) => {
    const length = maskLength(value.mask);
    return length === (family === 4 ? 32 : 128)
      ? renderStoredAddress(value.network)
      : MASKED_ADDRESS.render(value, family);
  },
};

/** The mask of a length or of its own spelling as an address. */
export function parseMask(text: string, family: 4 | 6): IpAddress | undefined {
  if (!/^\d{1,3}$/.test(text)) return ADDRESS.parse(text, family);
  const length = Number(text);
  return length <= (family === 4 ? 32 : 128) ? maskOfLength(length, family) : undefined;
}

/** The mask with the first `length` bits set. */
export function maskOfLength(length: number, family: 4 | 6): IpAddress {
  const word = (index: number): number => {
    const ones = Math.min(32, Math.max(0, length - index * 32));
    return ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0;
  };
  return family === 4 ? ipv4(word(0)) : ipv6(word(0), word(1), word(2), word(3));
}

/** How many bits the mask has from its start; undefined when there is a gap in it. */
export function maskLength({ family, w0, w1, w2, w3 }: IpAddress): number | undefined {
  const words = family === 4 ? [w3] : [w0, w1, w2, w3];
  let length = 0;
  let ended = false;
  for (const word of words) {
    const ones = Math.clz32(~word);
    if (ended ? word !== 0 : ones < 32 && (word << ones) | 0) return undefined;
    length += ended ? 0 : ones;
    ended ||= ones < 32;
  }
  return length;
}

/** The address with the bits cleared that the mask does not have. */
export function maskAddress(address: IpAddress, mask: IpAddress): IpAddress {
  return address.family === 4
    ? ipv4(address.w3 & mask.w3)
    : ipv6(address.w0 & mask.w0, address.w1 & mask.w1, address.w2 & mask.w2, address.w3 & mask.w3);
}

/** Six bytes, printed in lower case. */
export const MAC: Codec<string> = {
  parse: (text) =>
    /^(?:[\da-f]{1,2}:){5}[\da-f]{1,2}$/i.test(text)
      ? text
          .toLowerCase()
          .split(':')
          .map((byte) => byte.padStart(2, '0'))
          .join(':')
      : undefined,
  render: (mac) => mac,
  wanted: 'a MAC address',
};
