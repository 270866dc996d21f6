import { parseIpv6Groups, renderIpv6Groups } from './ipv6-text.ts';

/** The version of the Internet Protocol. */
export type IpFamily = 4 | 6;

/**
 * An IPv4 or IPv6 address as four unsigned 32-bit words, most significant first.
 *
 * One shape for both families, so that one comparison serves both: an IPv4 address is in `w3` (10.0.0.1 is 0x0a000001) and
 * `w0` to `w2` are 0. Compare `family` too; 0.0.0.1 and ::1 have the same words.
 */
export interface IpAddress {
  readonly family: IpFamily;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** An IPv4 address from its unsigned 32-bit number. */
export function ipv4(value: number): IpAddress {
  return { family: 4, w0: 0, w1: 0, w2: 0, w3: value >>> 0 };
}

/** An IPv6 address from its four words, most significant first. */
export function ipv6(w0: number, w1: number, w2: number, w3: number): IpAddress {
  return { family: 6, w0: w0 >>> 0, w1: w1 >>> 0, w2: w2 >>> 0, w3: w3 >>> 0 };
}

/** Parses `192.0.2.1` or `2001:db8::1`; undefined for anything else (no zone, no octal, no short IPv4 form). */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const quad = parseQuad(text, 0, text.length);
    return quad < 0 ? undefined : ipv4(quad);
  }
  const groups = parseIpv6Groups(text);
  if (groups === undefined) return undefined;
  const word = (i: number): number => ((groups[i] as number) << 16) | (groups[i + 1] as number);
  return ipv6(word(0), word(2), word(4), word(6));
}

const LONGEST_QUAD = '255.255.255.255'.length;
const DOT = 46;
const DIGIT_0 = 48;

/**
 * The number of the IPv4 address that stands in a text from `start` to `end`; -1 for what is none. By characters: sets and tables
 * of hundreds of thousands of addresses are read with it. HOT
 */
export function parseQuad(text: string, start: number, end: number): number {
  if (end - start > LONGEST_QUAD) return -1;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const digit = code - DIGIT_0;
    if (digit >= 0 && digit <= 9) {
      octet = withDigit(octet, digit);
      if (octet > 255) return -1;
    } else {
      if (code !== DOT || octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

/** An octet, -1 before its first digit, with one more digit; more than any octet where a 0 would be followed by another digit. */
function withDigit(octet: number, digit: number): number {
  if (octet === 0) return 256;
  return octet < 0 ? digit : octet * 10 + digit;
}

/** The canonical text: dotted quad, or RFC 5952 for IPv6. */
export function renderIpAddress(address: IpAddress): string {
  if (address.family === 4) {
    const v = address.w3;
    return `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;
  }
  const parts = [address.w0, address.w1, address.w2, address.w3].flatMap((w) => [
    w >>> 16,
    w & 0xffff,
  ]);
  return renderIpv6Groups(parts);
}

/** Whether two addresses are the same, the family included. */
export function sameIpAddress(a: IpAddress, b: IpAddress): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0 && a.family === b.family;
}

/** Orders by family, then numerically; for sorting. */
export function compareIpAddresses(a: IpAddress, b: IpAddress): number {
  return a.family - b.family || a.w0 - b.w0 || a.w1 - b.w1 || a.w2 - b.w2 || a.w3 - b.w3;
}
