import { type Cidr, cidrContains, parseCidr } from '../../address/cidr.ts';
import { type IpAddress, ipv6, sameIpAddress } from '../../address/ip-address.ts';
import type { Network } from './network.ts';
import {
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  multicastScope,
} from './special-addresses.ts';

interface Candidate {
  readonly address: IpAddress;
  /** False for a link-local address that the Host document does not tell; all that matters here is the same for any. */
  readonly isKnown: boolean;
  readonly prefixLength: number;
  readonly name: string;
}

const ANY_LINK_LOCAL = ipv6(0xfe800000, 0, 0, 0);

/** Source: RFC 6724 2.1 as net/ipv6/addrlabel.c has it. */
const LABELS: readonly (readonly [string, number])[] = [
  ['::1/128', 0],
  ['2002::/16', 2],
  ['::ffff:0:0/96', 4],
  ['::/96', 3],
  ['fc00::/7', 5],
  ['2001::/32', 6],
  ['2001:10::/28', 7],
  ['::/0', 1],
];

/**
 * The IPv6 source address that the kernel chooses for packets that leave by an interface; undefined when the host has none. `unknown`: one that the
 * kernel made and the Host document does not tell.
 * Of equally good ones the first listed, because `ip address` lists them in the order in which the kernel looks.
 *
 * Source: RFC 6724 section 5; net/ipv6/addrconf.c, ipv6_dev_get_saddr: the destination itself, then scope, interface, label and longest prefix.
 */
export function selectIpv6Source(
  network: Network,
  outInterface: string,
  destination: IpAddress,
): IpAddress | 'unknown' | undefined {
  let best: Candidate | undefined;
  for (const one of candidates(network, outInterface, destination)) {
    if (best === undefined || isBetter(one, best, outInterface, destination)) best = one;
  }
  return best === undefined || best.isKnown ? best?.address : 'unknown';
}

/** All addresses of the host; only those of the interface where the destination means one link. */
function candidates(
  network: Network,
  outInterface: string,
  destination: IpAddress,
): readonly Candidate[] {
  const oneLink = isLinkLocal(destination) || isMulticast(destination);
  const found: Candidate[] = [];
  for (const { link, linkLocal, settings } of network.interfaces) {
    if (!link.up || settings.ipv6Disabled) continue;
    if (oneLink && link.name !== outInterface) continue;
    const name = link.name;
    for (const { address, cidr } of link.addresses) {
      const { prefixLength } = cidr;
      if (address.family === 6) found.push({ address, isKnown: true, prefixLength, name });
    }
    const isKnown = linkLocal.kind === 'made';
    if (!isKnown && linkLocal.kind !== 'unknown') continue;
    const address = isKnown ? linkLocal.address : ANY_LINK_LOCAL;
    found.push({ address, isKnown, prefixLength: 64, name });
  }
  return found;
}

function isBetter(
  a: Candidate,
  b: Candidate,
  outInterface: string,
  destination: IpAddress,
): boolean {
  const bySame =
    Number(sameIpAddress(a.address, destination)) - Number(sameIpAddress(b.address, destination));
  if (bySame !== 0) return bySame > 0;
  // "Nowhere" is narrower than any scope.
  const wanted = isUnspecified(destination) ? -1 : scopeOf(destination);
  const byScope = scopeScore(a.address, wanted) - scopeScore(b.address, wanted);
  if (byScope !== 0) return byScope > 0;
  const byInterface = Number(a.name === outInterface) - Number(b.name === outInterface);
  if (byInterface !== 0) return byInterface > 0;
  const label = labelOf(destination);
  const byLabel = Number(labelOf(a.address) === label) - Number(labelOf(b.address) === label);
  if (byLabel !== 0) return byLabel > 0;
  return commonPrefix(a, destination) > commonPrefix(b, destination);
}

/** The narrowest scope that is wide enough is best; of those too narrow, the widest. */
function scopeScore(address: IpAddress, wanted: number): number {
  const scope = scopeOf(address);
  return scope >= wanted ? -scope : scope - 128;
}

function scopeOf(address: IpAddress): number {
  if (isMulticast(address)) return multicastScope(address);
  if (isLoopback(address) || isLinkLocal(address)) return 2;
  return address.w0 >>> 22 === 0x3fb ? 5 : 14;
}

const LABELED: readonly (readonly [Cidr, number])[] = LABELS.map(
  ([text, label]) => [parseCidr(text) as Cidr, label] as const,
);

function labelOf(address: IpAddress): number {
  return LABELED.find(([cidr]) => cidrContains(cidr, address))?.[1] ?? 1;
}

function commonPrefix({ address, prefixLength }: Candidate, destination: IpAddress): number {
  const words = [
    address.w0 ^ destination.w0,
    address.w1 ^ destination.w1,
    address.w2 ^ destination.w2,
    address.w3 ^ destination.w3,
  ];
  let bits = 0;
  for (const word of words) {
    bits += Math.clz32(word);
    if (word !== 0) break;
  }
  return Math.min(bits, prefixLength);
}
