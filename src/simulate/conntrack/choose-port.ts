import type { PortRange } from '../../address/port-range.ts';

/** How many ports the kernel tries from where it begins. Source: nf_nat_core.c, NF_NAT_MAX_ATTEMPTS. */
const MOST_TRIED = 128;

/**
 * The port of a range that a destination gets: its own where that is in the range and free, else the first free one from the start, or with
 * `shiftedFrom` from as far behind it as the port is behind that one.
 *
 * Source: net/netfilter/nf_nat_core.c, get_unique_tuple and nf_nat_l4proto_unique_tuple (Linux 6.18); netfilter-facts 4.3.
 */
export function destinationPortOf(
  present: number,
  { first, last }: PortRange,
  shiftedFrom: number | undefined,
  isFree: (port: number) => boolean,
): number {
  if (shiftedFrom === undefined && isIn(present, first, last)) {
    if (first === last || isFree(present)) return present;
  }
  const offset = shiftedFrom === undefined ? 0 : (present - shiftedFrom) & 0xffff;
  return firstFree(first, last - first + 1, offset, isFree);
}

/** The port of a range that a source gets: its own where that is in the range and free, else any that is free, here the first. */
export function sourcePortOf(
  present: number,
  { first, last }: PortRange,
  isFree: (port: number) => boolean,
): { readonly port: number; readonly byChance: boolean } {
  if (first === last) return { port: first, byChance: false };
  if (isIn(present, first, last) && isFree(present)) return { port: present, byChance: false };
  return { port: firstFree(first, last - first + 1, 0, isFree), byChance: true };
}

function isIn(port: number, first: number, last: number): boolean {
  return port >= first && port <= last;
}

/** The first port where none is free: the packet is then dropped when its connection is confirmed. */
function firstFree(
  first: number,
  size: number,
  offset: number,
  isFree: (port: number) => boolean,
): number {
  for (let i = 0; i < Math.min(size, MOST_TRIED); i++) {
    const port = first + ((offset + i) % size);
    if (isFree(port)) return port;
  }
  return first + (offset % size);
}
