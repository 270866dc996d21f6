import { AddressIntervals } from '../../address/address-intervals.ts';
import { type Cidr, parseCidr } from '../../address/cidr.ts';
import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { PacketInFlight } from '../packet-in-flight.ts';
import type { Router } from '../routing/router.ts';
import { probePacket } from './probe-packet.ts';
import { type RangePair, type Ranges, rangesOf } from './ranges.ts';

/** Addresses that routing treats otherwise than its tables say; packets from or to them are left to the reference evaluator. */
const SPECIAL: Readonly<Record<IpFamily, readonly Cidr[]>> = {
  4: [block('0.0.0.0/8'), block('127.0.0.0/8'), block('224.0.0.0/3')],
  6: [block('::/64'), block('fe80::/10'), block('ff00::/8')],
};

function block(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no block`);
  return cidr;
}

/** The blocks by which addresses must be cut at least, so that all of an interval are routed alike. */
export function* routedBlocks(router: Router, family: IpFamily): Generator<Cidr, void> {
  yield* SPECIAL[family];
  yield* router.blocks(family);
}

/** Where routing sends a packet: an interface, `local`, or undefined where only the reference evaluator can say. */
export type FastRoute = string | undefined;

/**
 * What routing says of whole intervals of addresses. Only for a host without routing rules of its own: then addresses that lie in the
 * same blocks of the routing tables are routed alike.
 */
export class HostFacts {
  readonly #router: Router;
  readonly #addresses: AddressIntervals;
  /** The addresses cut by routes alone. */
  readonly routed: AddressIntervals;
  /** Numbers of routes by input interface, and by the blocks that both addresses lie in. */
  readonly #routes: Map<string, Map<number, number>> = new Map();
  #latestIn: string | undefined = undefined;
  #latestRoutes: Map<number, number> = new Map();
  // The route that was asked for last.
  #latestOf: Map<number, number> = this.#latestRoutes;
  #latestKey = -1;
  #latestRoute = 0;
  /** By number. */
  readonly #leads: FastRoute[] = [];
  readonly #routedBack: Map<string, Ranges> = new Map();
  #local: Ranges | undefined;

  /** `addresses` are cut by `routedBlocks` at least. */
  constructor(router: Router, addresses: AddressIntervals) {
    this.#router = router;
    this.#addresses = addresses;
    this.routed = new AddressIntervals(addresses.family, routedBlocks(router, addresses.family));
  }

  /** The host's own addresses. */
  localAddresses(): Ranges {
    this.#local ??= this.#where((address) => this.#router.isLocalAddress(address));
    return this.#local;
  }

  /** The sources whose route back leaves by the interface; undefined for packets that came in by none. */
  sourcesRoutedBackBy(inInterface: string, protocol: number): Ranges | undefined {
    if (inInterface === '' || inInterface === 'lo') return undefined;
    const known = this.#routedBack.get(inInterface);
    if (known !== undefined) return known;
    const destination = this.#addresses.firstOf(this.#addresses.count - 1);
    const found = this.#where((source) => {
      const packet = probePacket({ family: source.family, protocol, source, destination });
      const flight = new PacketInFlight(packet, inInterface);
      return this.#router.passesRpfilter(flight, { validMark: false });
    });
    this.#routedBack.set(inInterface, found);
    return found;
  }

  /**
   * The number of where a packet between two intervals of `routed` is routed that came in by an interface, or with '' one that the host sends; `routeOf` tells
   * what it stands for. HOT
   */
  route(inInterface: string, protocol: number, from: number, to: number): number {
    const routes = this.#routesOf(inInterface);
    const key = from * this.routed.count + to;
    if (key === this.#latestKey && routes === this.#latestOf) return this.#latestRoute;
    let route = routes.get(key);
    if (route === undefined) {
      route = this.#findRoute(inInterface, protocol, from, to);
      routes.set(key, route);
    }
    this.#latestKey = key;
    this.#latestOf = routes;
    this.#latestRoute = route;
    return route;
  }

  #findRoute(inInterface: string, protocol: number, from: number, to: number): number {
    const packet = probePacket({
      family: this.#addresses.family,
      protocol,
      source: this.routed.firstOf(from),
      destination: this.routed.firstOf(to),
    });
    return this.#numberOf(this.#ask(new PacketInFlight(packet, inInterface)));
  }

  /** What a number that `route` returned stands for. */
  routeOf(number: number): FastRoute {
    return this.#leads[number];
  }

  /** Most packets come in where the one before did. HOT */
  #routesOf(inInterface: string): Map<number, number> {
    if (inInterface === this.#latestIn) return this.#latestRoutes;
    let routes = this.#routes.get(inInterface);
    if (routes === undefined) {
      routes = new Map();
      this.#routes.set(inInterface, routes);
    }
    this.#latestIn = inInterface;
    this.#latestRoutes = routes;
    return routes;
  }

  #numberOf(route: FastRoute): number {
    const known = this.#leads.indexOf(route);
    return known >= 0 ? known : this.#leads.push(route) - 1;
  }

  #ask(flight: PacketInFlight): FastRoute {
    const router = this.#router;
    if (flight.inInterface === '') {
      const route = router.routeOutput(flight);
      const leaves = route.kind === 'forward' && route.outInterface !== 'lo';
      return leaves ? route.outInterface : undefined;
    }
    if (router.refuseBeforePrerouting(flight) !== undefined) return undefined;
    const route = router.routeInput(flight);
    if (route.kind === 'local') return 'local';
    const leaves = route.kind === 'forward' && route.outInterface !== 'lo';
    return leaves ? route.outInterface : undefined;
  }

  #where(holds: (address: IpAddress) => boolean): Ranges {
    const pairs: RangePair[] = [];
    for (let i = 0; i < this.#addresses.count; i++) {
      if (holds(this.#addresses.firstOf(i))) pairs.push([i, i]);
    }
    return rangesOf(pairs);
  }
}
