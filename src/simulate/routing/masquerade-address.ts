import { type Cidr, cidrContains } from '../../address/cidr.ts';
import type { IpAddress } from '../../address/ip-address.ts';
import { isSecondary, type RoutedInterface } from './build-tables.ts';
import type { Network } from './network.ts';
import { isLoopback } from './special-addresses.ts';

/**
 * The IPv4 source address that MASQUERADE takes for packets that leave by an interface to a destination.
 *
 * Source: net/netfilter/nf_nat_masquerade.c; net/ipv4/devinet.c, inet_select_addr (Linux 6.18).
 */
export function masqueradeAddress(
  network: Network,
  outInterface: string,
  destination: IpAddress,
  nextHop: IpAddress | undefined,
): IpAddress | undefined {
  const out = network.findInterface(outInterface);
  if (out === undefined) return undefined;
  // Loopback addresses have no scope beyond the host, whatever route_localnet says.
  const own = primaries(out).filter((one) => !isLoopback(one.address));
  const towards = nextHop ?? destination;
  const near = own.find((one) => cidrContains(one.cidr, towards)) ?? own[0];
  if (near !== undefined) return near.address;
  // An interface without an address, such as a workload's, borrows the first that another has, lo first.
  for (const other of network.interfaces) {
    const lent = primaries(other).find((one) => !isLoopback(one.address));
    if (lent !== undefined) return lent.address;
  }
  return undefined;
}

function primaries({ link }: RoutedInterface): readonly { address: IpAddress; cidr: Cidr }[] {
  return link.addresses.filter(
    (one, i) => one.address.family === 4 && !isSecondary(link.addresses, i),
  );
}
