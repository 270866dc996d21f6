import { type IpAddress, renderIpAddress } from '../../address/ip-address.ts';
import type { FibEntry } from './fib-table.ts';

/** Why a lookup that found no usable route ends the packet, in words. */
export function unroutableReason(entry: FibEntry, destination: IpAddress): string {
  if (entry.type === 'none') return `no route to ${renderIpAddress(destination)}`;
  const found = entry.text.startsWith('rule ') ? entry.text : `route ${entry.text}`;
  return `${found} for ${renderIpAddress(destination)}`;
}
