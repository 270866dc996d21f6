import { type IpAddress, ipv6 } from '../../address/ip-address.ts';
import type { HostInterface } from '../../host/host.ts';
import type { InterfaceSettings } from './interface-settings.ts';
import { isLinkLocal } from './special-addresses.ts';

/**
 * What is known of an interface's IPv6 link-local address. `unknown`: it has one that the Host document does not tell;
 * `listed`: it is among the interface's addresses; `none`: IPv6 is off or makes none.
 */
export type LinkLocal =
  | { readonly kind: 'none' }
  | { readonly kind: 'listed' }
  | { readonly kind: 'made'; readonly address: IpAddress }
  | { readonly kind: 'unknown' };

/** The link-local address that the kernel gives every interface that is up, from its MAC. */
export function linkLocalOf(link: HostInterface, settings: InterfaceSettings): LinkLocal {
  if (link.addresses.some((one) => isLinkLocal(one.address))) return { kind: 'listed' };
  // A port of a bridge or bond has no addresses of its own.
  const silent = !link.up || settings.ipv6Disabled || !settings.linkLocalFromMac;
  if (link.name === 'lo' || silent || link.master !== undefined) return { kind: 'none' };
  if (link.mac === undefined) return { kind: 'unknown' };
  return { kind: 'made', address: fromMac(link.mac) };
}

/** Source: RFC 4291 appendix A, modified EUI-64: ff:fe in the middle, the universal bit turned. */
function fromMac(mac: string): IpAddress {
  const byte = mac.split(/[:-]/).map((text) => Number.parseInt(text, 16));
  const at = (i: number): number => byte[i] ?? 0;
  return ipv6(
    0xfe800000,
    0,
    ((at(0) ^ 2) << 24) | (at(1) << 16) | (at(2) << 8) | 0xff,
    (0xfe << 24) | (at(3) << 16) | (at(4) << 8) | at(5),
  );
}
