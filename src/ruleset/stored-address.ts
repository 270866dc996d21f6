import type { Cidr } from '../address/cidr.ts';
import { type IpAddress, ipv4, renderIpAddress } from '../address/ip-address.ts';

/**
 * An address as iptables-save and ipset save print it: RFC 5952, except that IPv4 inside IPv6 is dotted (`::ffff:192.0.2.1`).
 * Source: inet_ntop, glibc 2.36.
 */
export function renderStoredAddress(address: IpAddress): string {
  const { family, w0, w1, w2, w3 } = address;
  if (family === 6 && w0 === 0 && w1 === 0) {
    if (w2 === 0xffff) return `::ffff:${renderIpAddress(ipv4(w3))}`;
    if (w2 === 0 && w3 > 0xffff) return `::${renderIpAddress(ipv4(w3))}`;
  }
  return renderIpAddress(address);
}

/** A block in the same spelling, always with its length. */
export function renderStoredCidr(cidr: Cidr): string {
  return `${renderStoredAddress(cidr.network)}/${cidr.prefixLength}`;
}
