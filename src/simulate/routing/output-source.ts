import { type IpAddress, ipv4 } from '../../address/ip-address.ts';
import { masqueradeAddress } from './masquerade-address.ts';
import type { Network } from './network.ts';
import { isUnspecified } from './special-addresses.ts';

const NOWHERE = ipv4(0);
const LOOPBACK = ipv4(0x7f000001);

/**
 * The IPv4 source that the kernel gives a packet of a local process that leaves it open (0.0.0.0), before OUTPUT; undefined where
 * there is no route.
 *
 * Source: net/ipv4/raw.c, raw_send_hdrinc; net/ipv4/route.c, ip_route_output_key_hash_rcu (Linux 6.18); netfilter-facts 5.4.
 */
export function outputSource(
  network: Network,
  destination: IpAddress,
  mark: number,
  protocol: number,
): IpAddress | undefined {
  if (isUnspecified(destination)) return LOOPBACK;
  const entry = network.findOutput(destination, NOWHERE, mark, protocol);
  if (entry.outcome === undefined) return undefined;
  if (entry.src !== undefined) return entry.src;
  if (entry.unknown !== undefined) network.doubts.note(`the source address: ${entry.unknown}`);
  if (entry.type === 'local') return destination;
  return masqueradeAddress(network, entry.dev, destination, entry.via);
}
