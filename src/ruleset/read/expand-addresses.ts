import { type Cidr, cidrOf, hostCidr, parseCidr } from '../../address/cidr.ts';
import type { IpFamily } from '../../address/ip-address.ts';
import { ipv4, parseIpAddress } from '../../address/ip-address.ts';

/** IPv4 addresses as their numbers, both ends included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The addresses that `10.0.0.1`, `10.0.0.0/24` or `10.0.0.1-10.0.0.9` stand for, as blocks of `length` bits each. Undefined for text that ipset would not
 * take, and for more than `most` of them. IPv6 has single addresses only.
 */
export function expandAddresses(
  text: string,
  {
    family,
    length,
    most,
  }: { readonly family: IpFamily; readonly length: number; readonly most: number },
): readonly Cidr[] | 'too many' | undefined {
  if (family === 6) {
    const address = parseIpAddress(text.replace(/\/128$/, ''));
    return address?.family === 6 ? [cidrOf(address, length)] : undefined;
  }
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const step = 2 ** (32 - length);
  const start = Math.floor(range.first / step) * step;
  if ((range.last - start) / step >= most) return 'too many';
  const blocks: Cidr[] = [];
  for (let at = start; at <= range.last; at += step) blocks.push(cidrOf(ipv4(at), length));
  return blocks;
}

/** The blocks that a block, an address or an IPv4 range is split into. Undefined for text that ipset would not take. */
export function expandNets(text: string, family: IpFamily): readonly Cidr[] | undefined {
  if (!text.includes('-')) {
    const cidr = parseCidr(text);
    return cidr?.network.family === family ? [cidr] : undefined;
  }
  const range = family === 4 ? parseRange(text) : undefined;
  if (range === undefined) return undefined;
  const blocks: Cidr[] = [];
  let at = range.first;
  while (at <= range.last) {
    let length = 32;
    while (length > 1) {
      const size = 2 ** (33 - length);
      if (at % size !== 0 || at + size - 1 > range.last) break;
      length--;
    }
    blocks.push(cidrOf(ipv4(at), length));
    at += 2 ** (32 - length);
  }
  return blocks;
}

/** First and last address; ipset puts reversed ones right. */
export function parseRange(text: string): Range | undefined {
  const dash = text.indexOf('-');
  if (dash < 0) {
    const cidr = text.includes('/') ? parseCidr(text) : hostOf(text);
    if (cidr?.network.family !== 4) return undefined;
    const first = cidr.network.w3;
    return { first, last: first + 2 ** (32 - cidr.prefixLength) - 1 };
  }
  const from = parseIpAddress(text.slice(0, dash));
  const to = parseIpAddress(text.slice(dash + 1));
  if (from?.family !== 4 || to?.family !== 4) return undefined;
  return { first: Math.min(from.w3, to.w3), last: Math.max(from.w3, to.w3) };
}

function hostOf(text: string): Cidr | undefined {
  const address = parseIpAddress(text);
  return address && hostCidr(address);
}
