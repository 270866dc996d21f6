import { type IpAddress, ipv4, ipv6 } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import type { Hook } from '../ruleset/hook.ts';
import { maskAddress } from '../ruleset/option/address-codecs.ts';
import type { NatRange } from '../ruleset/target/nat-range.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { NatPlace } from './conntrack/nat-place.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';

/** Where a target sends a connection. */
export type NatWish =
  | { readonly kind: 'place'; readonly place: NatPlace; readonly byChance: boolean }
  /** The packet is dropped. */
  | { readonly kind: 'drop'; readonly reason: string }
  /** There are too many places that it may choose from. */
  | { readonly kind: 'unknown'; readonly reason: string };

type Placed = Extract<NatWish, { readonly kind: 'place' }>;

/** Asks which of several places a target chooses: a number below `answers`. */
export type Chooser = (answers: number, why: string) => number;

/** The most places of a target that a packet is followed to. */
const MOST_PLACES = 64;

const LOOPBACK4 = ipv4(0x7f000001);
const LOOPBACK6 = ipv6(0, 0, 0, 1);

/** Whether a packet must be followed every way from the target. */
export function isChoosing(target: Target | undefined): boolean {
  if (target?.kind === 'set') return target.map !== undefined && target.mapMark;
  if (target?.kind !== 'dnat-range') return target?.kind === 'tproxy';
  return sizeOf(target.addresses) > 1 || (target.random && target.ports !== undefined);
}

/** What a translating target wants for the packet at the hook. */
export function wishOf(
  target: Target | undefined,
  packet: PacketInFlight,
  hook: Hook,
  { router, choose }: { readonly router: Router; readonly choose: Chooser },
): NatWish {
  const isDestination = hook === 'prerouting' || hook === 'output';
  const present = isDestination ? packet.destination : packet.source;
  switch (target?.kind) {
    case 'dnat':
    case 'snat':
      return place({ address: target.address, port: target.port });
    case 'netmap': {
      const { network, mask } = target.to;
      return place({ address: join(network, present, mask), port: undefined });
    }
    case 'dnat-range':
    case 'snat-range':
      return isDestination ? destinations(target, packet, choose) : sources(target, packet);
    case 'redirect': {
      const address = redirectAddress(packet, hook, router);
      if (address === undefined) {
        return { kind: 'drop', reason: `REDIRECT drops: ${packet.inInterface} has no address` };
      }
      const { ports, random } = target;
      const range = { addresses: { first: address, last: address }, ports, random };
      return destinations({ ...range, shiftedFrom: undefined }, packet, choose);
    }
    case 'masquerade':
    case 'masquerade-range': {
      const { outInterface, family, destination } = packet;
      const address = router.masqueradeAddress(outInterface, family, destination);
      if (address === 'unknown') {
        const reason = `which link-local address of ${outInterface} MASQUERADE takes is not known`;
        return { kind: 'unknown', reason };
      }
      if (address === undefined) {
        const reason = `MASQUERADE drops: ${outInterface} has no address to take`;
        return { kind: 'drop', reason };
      }
      const addresses = { first: address, last: address };
      const ports = target.kind === 'masquerade' ? undefined : target.ports;
      const random = target.randomFully || (target.kind === 'masquerade-range' && target.random);
      const wish = sources({ addresses, ports, random, randomFully: false }, packet);
      return { ...wish, place: { ...wish.place, masqueradedOn: outInterface } };
    }
    default:
      throw new Error(`${target?.kind} does not translate`);
  }
}

type Destinations = Pick<NatRange, 'addresses' | 'ports' | 'random' | 'shiftedFrom'>;

/** Filtering comes behind, so that every address and port that it may be is followed. */
function destinations(range: Destinations, packet: PacketInFlight, choose: Chooser): NatWish {
  const { addresses, ports, random, shiftedFrom } = range;
  const count = sizeOf(addresses);
  const portCount = random && ports !== undefined ? ports.last - ports.first + 1 : 1;
  if (count > MOST_PLACES || portCount > MOST_PLACES) {
    return { kind: 'unknown', reason: `${count * portCount} places to choose from are too many` };
  }
  const first = addresses?.first ?? packet.destination;
  const address =
    count === 1 ? first : plus(first, choose(count, 'for a hash of its addresses decides'));
  if (ports === undefined || !hasPorts(packet.protocol)) return place({ address, port: undefined });
  if (random && portCount > 1) {
    return place({ address, port: ports.first + choose(portCount, 'for chance decides') });
  }
  return place({ address, port: undefined, ports, shiftedFrom });
}

type Sources = Pick<NatRange, 'addresses' | 'ports' | 'random' | 'randomFully'>;

/** Nothing but the confirmation of the connection comes behind, so that the first of what may be chosen stands for all. */
function sources(range: Sources, packet: PacketInFlight): Placed {
  const { addresses, ports } = range;
  const random = range.random || range.randomFully;
  const wish = place({ address: addresses?.first ?? packet.source, port: undefined, ports });
  return { ...wish, byChance: random || sizeOf(addresses) > 1 };
}

function place(at: NatPlace): Placed {
  return { kind: 'place', place: at, byChance: false };
}

/** Source: net/netfilter/nf_nat_redirect.c, nf_nat_redirect_ipv4 and nf_nat_redirect_ipv6 (Linux 6.18). */
function redirectAddress(
  { family, inInterface }: PacketInFlight,
  hook: Hook,
  router: Router,
): IpAddress | undefined {
  if (hook === 'output') return family === 4 ? LOOPBACK4 : LOOPBACK6;
  return router.primaryAddress(inInterface, family);
}

/** The network's bits where the mask has ones, the address's elsewhere. */
function join(network: IpAddress, address: IpAddress, mask: IpAddress): IpAddress {
  const kept = maskAddress(network, mask);
  return address.family === 4
    ? ipv4(kept.w3 | (address.w3 & ~mask.w3))
    : ipv6(
        kept.w0 | (address.w0 & ~mask.w0),
        kept.w1 | (address.w1 & ~mask.w1),
        kept.w2 | (address.w2 & ~mask.w2),
        kept.w3 | (address.w3 & ~mask.w3),
      );
}

/** How many addresses there are to choose from, as far as it matters. */
function sizeOf(addresses: NatRange['addresses']): number {
  if (addresses === undefined) return 1;
  const { first, last } = addresses;
  const far = first.w0 !== last.w0 || first.w1 !== last.w1 || first.w2 !== last.w2;
  return far ? Number.MAX_SAFE_INTEGER : last.w3 - first.w3 + 1;
}

function plus(address: IpAddress, more: number): IpAddress {
  const w3 = (address.w3 + more) >>> 0;
  return address.family === 4 ? ipv4(w3) : ipv6(address.w0, address.w1, address.w2, w3);
}
