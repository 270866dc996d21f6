import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { Host, HostInterface, Route } from '../../host/host.ts';
import type { RoutedInterface } from './build-tables.ts';
import { Doubts } from './doubts.ts';
import { Fib, RouteQuery } from './fib.ts';
import type { FibEntry } from './fib-table.ts';
import { type InterfaceSettings, interfaceSettings } from './interface-settings.ts';
import { linkLocalOf } from './link-local.ts';
import { MulticastGroups } from './multicast-groups.ts';
import { isLoopback, needsInterface } from './special-addresses.ts';

/** What takes the frames of its ports as its own, so that IP sees the master alone. */
const LAYER_2_MASTERS = new Set(['bridge', 'bond', 'team', 'hsr', 'batadv']);

/** A host's addresses, tables and settings, worked out once for all packets. */
export class Network {
  readonly host: Host;
  readonly interfaces: readonly RoutedInterface[];
  readonly fib4: Fib;
  readonly fib6: Fib;
  readonly groups: MulticastGroups;
  /** Whether an address `w3` is one that some interface has (IPv4). */
  readonly ipv4Addresses: ReadonlySet<number>;
  /** Whether a route of type local was added by hand, which makes the kernel look sources up in full. */
  readonly hasCustomLocalRoutes: boolean;
  readonly query: RouteQuery = new RouteQuery();
  readonly doubts: Doubts = new Doubts();
  readonly #settings: ReadonlyMap<string, InterfaceSettings>;
  readonly #links: ReadonlyMap<string, RoutedInterface>;

  constructor(host: Host) {
    this.host = host;
    this.interfaces = host.interfaces.map((link) => routed(host, link));
    this.#links = new Map(this.interfaces.map((one) => [one.link.name, one]));
    this.#settings = new Map(this.interfaces.map((one) => [one.link.name, one.settings]));
    this.fib4 = new Fib(host, this.interfaces, 4);
    this.fib6 = new Fib(host, this.interfaces, 6);
    this.groups = new MulticastGroups(this.interfaces);
    const addresses = host.interfaces.flatMap((one) => one.addresses);
    this.ipv4Addresses = new Set(
      addresses.filter((one) => one.address.family === 4).map((one) => one.address.w3),
    );
    this.hasCustomLocalRoutes = host.routes.some((one) => this.#isCustomLocal(one));
  }

  /** Whether a route of type local is none of those that addresses bring along, which the kernel tells apart. */
  #isCustomLocal({ type, family, to }: Route): boolean {
    if (type !== 'local' || family !== 4) return false;
    const isOfAddress = this.ipv4Addresses.has(to.network.w3) && to.prefixLength === 32;
    return this.host.derivedRoutes || !(isOfAddress || isLoopback(to.network));
  }

  fib(family: IpFamily): Fib {
    return family === 4 ? this.fib4 : this.fib6;
  }

  findInterface(name: string): RoutedInterface | undefined {
    return this.#links.get(name);
  }

  /** Undefined for an interface that the host does not have. HOT */
  settings(name: string): InterfaceSettings | undefined {
    return this.#settings.get(name);
  }

  /** The route that a process here that sends from `source` gets; bound to no interface. */
  findOutput(destination: IpAddress, source: IpAddress, mark: number, protocol: number): FibEntry {
    const query = this.query;
    query.destination = destination;
    query.source = source;
    query.inInterface = 'lo';
    query.outInterface = '';
    query.chosen = '';
    query.choice = 'any';
    query.mark = mark;
    query.protocol = protocol;
    return this.fib(destination.family).find(query);
  }

  /** The route of a packet that arrived on `inInterface`. HOT */
  findInput(
    destination: IpAddress,
    source: IpAddress,
    inInterface: string,
    mark: number,
    protocol: number,
  ): FibEntry {
    const query = this.query;
    query.destination = destination;
    query.source = source;
    query.inInterface = inInterface;
    query.outInterface = '';
    query.mark = mark;
    query.protocol = protocol;
    // IPv6 favours the input interface among routes of equal cost, and wants it where the address means one link.
    query.chosen = destination.family === 6 ? inInterface : '';
    query.choice =
      destination.family === 4 ? 'any' : needsInterface(destination) ? 'only' : 'prefer';
    return this.fib(destination.family).find(query);
  }

  /** Why nothing can be said of packets by this interface; undefined where it is an ordinary one. */
  unknownAbout(name: string): string | undefined {
    const one = this.#links.get(name);
    if (one?.link.type === 'vrf') return `${name} is a VRF, and those are not modelled`;
    const master = one?.link.master;
    if (one === undefined || master === undefined) return undefined;
    const owner = this.#links.get(master);
    if (owner === undefined) {
      return `the Host document does not say what \`${master}\`, the master of ${name}, is`;
    }
    const { type } = owner.link;
    if (type !== undefined) {
      if (LAYER_2_MASTERS.has(type)) return undefined;
      return `${name} has a master, ${master}, of type ${type}, and those are not modelled`;
    }
    if (!this.hasOwnLayer3(name)) return undefined;
    return `${name} has addresses or routes and a master, ${master}: virtual routing tables (VRF) are not modelled`;
  }

  /** A port of a bridge or bond has neither addresses nor routes; a member of a VRF has. */
  hasOwnLayer3(name: string): boolean {
    const addresses = this.#links.get(name)?.link.addresses ?? [];
    return addresses.length > 0 || this.host.routes.some((route) => route.dev === name);
  }
}

function routed(host: Host, link: HostInterface): RoutedInterface {
  const settings = interfaceSettings(host, link);
  return { link, settings, linkLocal: linkLocalOf(link, settings) };
}
