import type { Cidr } from '../../address/cidr.ts';
import { type IpAddress, type IpFamily, ipv4, ipv6 } from '../../address/ip-address.ts';
import type { Host } from '../../host/host.ts';
import { LOCAL, type Packet } from '../../packet/packet.ts';
import type { AddressTypesMatch } from '../../ruleset/match/address-types.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { ipv4Type, matchesAddressTypes } from './address-types-match.ts';
import { isAnycast, whyNoWayBack } from './answers.ts';
import { masqueradeAddress } from './masquerade-address.ts';
import { Network } from './network.ts';
import { outputSource } from './output-source.ts';
import { findIpv6Refusal } from './refuse-ipv6.ts';
import { routeInputIpv4 } from './route-input-ipv4.ts';
import { routeInputIpv6 } from './route-input-ipv6.ts';
import type { RouteOutcome } from './route-outcome.ts';
import { routeOutput } from './route-output.ts';
import { passesRpfilterMatch, type RpfilterOptions } from './rpfilter-match.ts';
import { selectIpv6Source } from './select-ipv6-source.ts';
import {
  isLinkLocal,
  isLoopback,
  isMulticast,
  isOnLink,
  isUnspecified,
  needsInterface,
} from './special-addresses.ts';

export type { RouteOutcome } from './route-outcome.ts';

const NOWHERE4 = ipv4(0);
const NOWHERE6 = ipv6(0, 0, 0, 0);

/** What came back by `lo` has been routed on its way out. */
const BY_LOOPBACK: RouteOutcome = { kind: 'local', reason: 'an address of this host, by lo' };

/** The host's routing: local table, routes, policy rules, reverse-path filter, martians, forwarding. */
export class Router {
  readonly #network: Network;

  constructor(host: Host) {
    this.#network = new Network(host);
  }

  /** The interface that IP and the rules see for a frame that arrives on `name`: the bridge or bond of a port, else itself. */
  arrivalInterface(name: string): string {
    let seen = name;
    for (let i = 0; i < 8; i++) {
      const master = this.#network.findInterface(seen)?.link.master;
      if (master === undefined || this.#network.unknownAbout(seen) !== undefined) break;
      seen = master;
    }
    return seen;
  }

  /** What the kernel refuses before any hook (link down, ::1 on the wire, ...): the reason, or undefined. */
  refuseBeforePrerouting(packet: PacketInFlight): string | undefined {
    const settings = this.#network.settings(packet.inInterface);
    if (settings === undefined) return `this host has no interface \`${packet.inInterface}\``;
    if (!settings.up) return `interface ${settings.name} is down`;
    return packet.family === 6 ? findIpv6Refusal(packet, settings) : undefined;
  }

  /** Routes a packet that arrived on `packet.inInterface`, after PREROUTING, with its present addresses and mark. Includes TTL. */
  routeInput(packet: PacketInFlight): RouteOutcome {
    const name = packet.inInterface;
    if (name === 'lo' && this.isLocalAddress(packet.destination)) return BY_LOOPBACK;
    const settings = this.#network.settings(name);
    if (settings === undefined) {
      return { kind: 'drop', reason: `this host has no interface \`${name}\`` };
    }
    const arrival = this.#network.unknownAbout(name);
    if (arrival !== undefined) return { kind: 'undetermined', reason: arrival };
    const outcome =
      packet.family === 4
        ? routeInputIpv4(this.#network, packet, settings)
        : routeInputIpv6(this.#network, packet, settings);
    return this.#checkDeparture(outcome);
  }

  /**
   * Routes a packet of a local process, before OUTPUT, or again after OUTPUT changed its destination or mark. A packet to an
   * address of the host itself is a `forward` by `lo`.
   */
  routeOutput(packet: PacketInFlight): RouteOutcome {
    return this.#checkDeparture(routeOutput(this.#network, packet));
  }

  /** The source that a packet of a local process leaves with: its own, or where that is 0.0.0.0 the one that its route gives. */
  outputSource(packet: Packet): IpAddress {
    const { source, destination, mark, protocol } = packet;
    if (packet.family === 6 || !isUnspecified(source)) return source;
    return outputSource(this.#network, destination, mark, protocol) ?? source;
  }

  /** The interface through which the host routes back to `source`; `local` for its own addresses; undefined without a route. */
  interfaceTowards(source: IpAddress): string | undefined {
    if (this.isLocalAddress(source)) return LOCAL;
    if (needsInterface(source) || isMulticast(source)) return undefined;
    const back = this.#network.findOutput(source, source.family === 4 ? NOWHERE4 : NOWHERE6, 0, 0);
    return back.type === 'unicast' && back.dev !== '' ? back.dev : undefined;
  }

  /** Whether the host owns the address or has a route for it, be it one that refuses. */
  knows(address: IpAddress): boolean {
    if (isMulticast(address) || needsInterface(address)) return true;
    const nowhere = address.family === 4 ? NOWHERE4 : NOWHERE6;
    return this.#network.findOutput(address, nowhere, 0, 0).type !== 'none';
  }

  /**
   * Whether the host finds a way back to a sender to answer what it sent to `destination`; a broadcast address is one, too. The answer
   * comes from `destination` where that is the host's own, which rules by source look at; from a loopback address no IPv4 answer leaves. ICMPv6
   * answers no anycast address.
   * Source: net/ipv4/icmp.c, __icmp_send; net/ipv6/icmp.c, icmpv6_route_lookup (Linux 6.18).
   */
  canAnswer(packet: PacketInFlight, by: 'icmp' | 'tcp-reset'): boolean {
    const { source, destination } = packet;
    if (this.isLocalAddress(source)) return true;
    if (isMulticast(source) || (source.family === 6 && isLoopback(source))) return false;
    if (isLinkLocal(source)) {
      // An ICMP error goes back to the link that the packet came from, a reset to whichever link there is.
      if (by === 'icmp') return whyNoWayBack(this.#network, packet) === undefined;
      if (isOnLink(source)) return this.#hasLinkLocal();
    }
    const nowhere = source.family === 4 ? NOWHERE4 : NOWHERE6;
    if (source.family === 6 && isUnspecified(source)) return false;
    const from = this.isLocalAddress(destination) ? destination : nowhere;
    const back = this.#network.findOutput(source, from, 0, 0);
    if (by === 'icmp' && source.family === 6 && isAnycast(back, source)) return false;
    if (from.family === 4 && isLoopback(from)) {
      if (this.#network.settings(back.dev)?.routeLocalnet !== true) return false;
    }
    const { type } = back;
    return type === 'unicast' || type === 'broadcast';
  }

  #hasLinkLocal(): boolean {
    return this.#network.interfaces.some(({ linkLocal }) => linkLocal.kind !== 'none');
  }

  /** The blocks of all routes of a family: addresses that are in the same ones are routed alike where no rules of one's own interfere. */
  *blocks(family: IpFamily): Generator<Cidr, void> {
    for (const table of this.#network.fib(family).tables.values()) yield* table.blocks();
  }

  /** Whether routing rules of one's own look at more of a family's packets than their addresses. */
  hasCustomRules(family: IpFamily): boolean {
    return this.#network.fib(family).hasCustomRules;
  }

  /** Whether the address is one of the host's (`addrtype LOCAL`). */
  isLocalAddress(address: IpAddress): boolean {
    const local = this.#network.fib(address.family).tables.get('local');
    return local?.find(address, '', 'any')?.type === 'local';
  }

  /**
   * The source address that MASQUERADE takes on the interface towards the destination; undefined when it has none, `unknown` when the Host document
   * does not tell it.
   */
  masqueradeAddress(
    outInterface: string,
    _family: IpFamily,
    destination: IpAddress,
  ): IpAddress | 'unknown' | undefined {
    const network = this.#network;
    if (destination.family === 6) return selectIpv6Source(network, outInterface, destination);
    const route = network.findOutput(destination, NOWHERE4, 0, 0);
    const nextHop = route.dev === outInterface ? route.via : undefined;
    return masqueradeAddress(network, outInterface, destination, nextHop);
  }

  /** What `-m addrtype` answers; undefined where the answer is not modelled. */
  matchesAddressTypes(match: AddressTypesMatch, packet: PacketInFlight): boolean | undefined {
    return matchesAddressTypes(this.#network, match, packet);
  }

  /** Whether the address is that of a group or of all hosts of a subnet. */
  isForMany(address: IpAddress): boolean {
    if (isMulticast(address)) return true;
    return address.family === 4 && ipv4Type(this.#network, address, undefined) === 'BROADCAST';
  }

  /** Whether the interface is a bridge. */
  isBridge(name: string): boolean {
    const type = this.#network.findInterface(name)?.link.type;
    if (type !== undefined) return type === 'bridge';
    return this.#network.interfaces.some(({ link }) => link.master === name);
  }

  /** The first address of an interface, which REDIRECT takes; undefined where it has none. */
  primaryAddress(name: string, family: IpFamily): IpAddress | undefined {
    const addresses = this.#network.findInterface(name)?.link.addresses ?? [];
    return addresses.find(({ address }) => address.family === family)?.address;
  }

  /** What `-m rpfilter` answers: whether the route back to the source leaves by the input interface. */
  passesRpfilter(packet: PacketInFlight, options: RpfilterOptions): boolean {
    return passesRpfilterMatch(this.#network, packet, options);
  }

  /**
   * What the answers given for a packet, which has ended with `verdict`, took for granted although nobody can know it. Forgets
   * it for the next packet.
   */
  takeDoubts(verdict: 'accept' | 'drop' | 'reject'): readonly string[] {
    return this.#network.doubts.take(verdict);
  }

  #checkDeparture(outcome: RouteOutcome): RouteOutcome {
    if (outcome.kind !== 'forward') return outcome;
    const reason = this.#network.unknownAbout(outcome.outInterface);
    return reason === undefined ? outcome : { kind: 'undetermined', reason };
  }
}
