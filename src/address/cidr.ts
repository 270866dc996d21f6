import {
  compareIpAddresses,
  type IpAddress,
  ipv4,
  ipv6,
  parseIpAddress,
  renderIpAddress,
} from './ip-address.ts';

/** A block of addresses. Host bits of `network` are 0; the masks are those of the four words of an address, as signed 32-bit numbers. */
export interface Cidr {
  readonly network: IpAddress;
  readonly prefixLength: number;
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
  readonly m3: number;
}

/** The block of `prefixLength` bits (of 32 or 128) that holds `address`; host bits are cleared. */
export function cidrOf(address: IpAddress, prefixLength: number): Cidr {
  const bits = address.family === 4 ? prefixLength + 96 : prefixLength;
  const m0 = leadingOnes(bits);
  const m1 = leadingOnes(bits - 32);
  const m2 = leadingOnes(bits - 64);
  const m3 = leadingOnes(bits - 96);
  const { w0, w1, w2, w3 } = address;
  const hostBits = (w0 & ~m0) | (w1 & ~m1) | (w2 & ~m2) | (w3 & ~m3);
  let network = address;
  if (hostBits !== 0) {
    network = address.family === 4 ? ipv4(w3 & m3) : ipv6(w0 & m0, w1 & m1, w2 & m2, w3 & m3);
  }
  return { network, prefixLength, m0, m1, m2, m3 };
}

/** A word that begins with so many ones, none when there are fewer than one and all when there are more than 32. */
function leadingOnes(ones: number): number {
  if (ones <= 0) return 0;
  return ones >= 32 ? ALL_BITS : ALL_BITS << (32 - ones);
}

/** The block of exactly one address: /32 or /128. */
export function hostCidr(address: IpAddress): Cidr {
  return {
    network: address,
    prefixLength: bitsOf(address),
    m0: ALL_BITS,
    m1: ALL_BITS,
    m2: ALL_BITS,
    m3: ALL_BITS,
  };
}

/** Signed: numbers of more than 31 bits would be objects of their own, and documents have many blocks. */
const ALL_BITS = -1;

/**
 * Parses `10.0.0.0/8`, or a bare address as its /32 or /128; host bits are allowed and cleared.
 * Undefined for anything else.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return hostCidr(address);
  const prefixLength = parsePrefixLength(text, slash + 1);
  return prefixLength > bitsOf(address) ? undefined : cidrOf(address, prefixLength);
}

/** The number in decimal digits that a text ends with from `start` on; infinity where there is none, or one with a 0 in front. */
function parsePrefixLength(text: string, start: number): number {
  const { length } = text;
  if (length === start || length > start + 3) return Number.POSITIVE_INFINITY;
  let value = 0;
  for (let at = start; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    const isFirstZero = at === start && digit === 0 && length > start + 1;
    if (digit < 0 || digit > 9 || isFirstZero) return Number.POSITIVE_INFINITY;
    value = value * 10 + digit;
  }
  return value;
}

function bitsOf({ family }: IpAddress): number {
  return family === 4 ? 32 : 128;
}

/** Parses `192.0.2.10/24` keeping the address itself beside its block, as interfaces have them. */
export function parseInterfaceAddress(
  text: string,
): { readonly address: IpAddress; readonly cidr: Cidr } | undefined {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  const cidr = parseCidr(text);
  return address === undefined || cidr === undefined ? undefined : { address, cidr };
}

/** `10.0.0.0/8`; always with the length. */
export function renderCidr(cidr: Cidr): string {
  return `${renderIpAddress(cidr.network)}/${cidr.prefixLength}`;
}

/** The block itself, or the two halves of one that holds every address: ipset takes no such block. Source: `netfilter-facts` 6.5. */
export function splitCatchAll(cidr: Cidr): readonly Cidr[] {
  if (cidr.prefixLength !== 0) return [cidr];
  const upper = cidr.network.family === 4 ? ipv4(0x80000000) : ipv6(0x80000000, 0, 0, 0);
  return [cidrOf(cidr.network, 1), cidrOf(upper, 1)];
}

/** Whether the address is in the block. HOT */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const n = cidr.network;
  return (
    (address.w3 & cidr.m3) >>> 0 === n.w3 &&
    (address.w2 & cidr.m2) >>> 0 === n.w2 &&
    (address.w1 & cidr.m1) >>> 0 === n.w1 &&
    (address.w0 & cidr.m0) >>> 0 === n.w0 &&
    address.family === n.family
  );
}

/** Orders by family, network, then length; for sorting. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  return compareIpAddresses(a.network, b.network) || a.prefixLength - b.prefixLength;
}
