import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { Host } from '../../host/host.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import type { RouteOutcome } from './route-outcome.ts';

export type { RouteOutcome } from './route-outcome.ts';

/** The host's routing: local table, routes, policy rules, reverse-path filter, martians, forwarding. */
export class Router {
  constructor(_host: Host) {}

  /** The interface that IP and the rules see for a frame that arrives on `name`: the bridge or bond of a port, else itself. */
  arrivalInterface(_name: string): string {
    throw new Error('being written');
  }

  /** What the kernel refuses before any hook (link down, ::1 on the wire, ...): the reason, or undefined. */
  refuseBeforePrerouting(_packet: PacketInFlight): string | undefined {
    throw new Error('being written');
  }

  /** Routes a packet that arrived on `packet.inInterface`, after PREROUTING, with its present addresses and mark. Includes TTL. */
  routeInput(_packet: PacketInFlight): RouteOutcome {
    throw new Error('being written');
  }

  /**
   * Routes a packet of a local process, before OUTPUT, or again after OUTPUT changed its destination or mark. A packet to an
   * address of the host itself is a `forward` by `lo`.
   */
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
