import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { Host } from '../../host/host.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';

/** How routing ended. `reason` says why in words, naming the route, rule or sysctl. */
export type RouteOutcome =
  | { readonly kind: 'local'; readonly reason: string }
  | {
      readonly kind: 'forward';
      readonly outInterface: string;
      readonly nextHop: IpAddress | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'reject'; readonly reason: string };

/** The host's routing: local table, routes, policy rules, reverse-path filter, martians, forwarding. */
export class Router {
  constructor(_host: Host) {}

  /** What the kernel refuses before any hook (link down, ::1 on the wire, ...): the reason, or undefined. */
  refuseBeforePrerouting(_packet: PacketInFlight): string | undefined {
    throw new Error('being written');
  }

  /** Routes a packet that arrived on `packet.inInterface`, after PREROUTING, with its present addresses and mark. Includes TTL. */
  routeInput(_packet: PacketInFlight): RouteOutcome {
    throw new Error('being written');
  }

  /** Routes a packet of a local process, before OUTPUT, or again after OUTPUT changed its destination or mark. */
  routeOutput(_packet: PacketInFlight): RouteOutcome {
    throw new Error('being written');
  }

  /** The interface through which the host routes back to `source`; `local` for its own addresses; undefined without a route. */
  interfaceTowards(_source: IpAddress): string | undefined {
    throw new Error('being written');
  }

  /** Whether the address is one of the host's (`addrtype LOCAL`). */
  isLocalAddress(_address: IpAddress): boolean {
    throw new Error('being written');
  }

  /** The source address that MASQUERADE takes on the interface towards the destination; undefined when it has none. */
  masqueradeAddress(
    _outInterface: string,
    _family: IpFamily,
    _destination: IpAddress,
  ): IpAddress | undefined {
    throw new Error('being written');
  }

  /** What `-m rpfilter` answers: whether the route back to the source leaves by the input interface. */
  passesRpfilter(_packet: PacketInFlight, _options: { readonly validMark: boolean }): boolean {
    throw new Error('being written');
  }
}
