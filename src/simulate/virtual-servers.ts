import { sameIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Host } from '../host/host.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import { type SetLookup, testSet } from './set-lookup.ts';

/** Where kube-proxy in ipvs mode puts the addresses of its virtual servers. Source: kubernetes pkg/proxy/ipvs, defaultDummyDevice. */
const DUMMY_DEVICE = 'kube-ipvs0';

/** Its sets of node ports, whose servers have the node's own addresses. Source: kubernetes pkg/proxy/ipvs/ipset.go. */
const NODE_PORT_SETS = /^KUBE-(?:6-)?NODE-PORT-(TCP|UDP|SCTP-HASH)$/;

const PROTOCOLS: Readonly<Record<string, number>> = {
  TCP: IP_PROTOCOL.tcp,
  UDP: IP_PROTOCOL.udp,
  'SCTP-HASH': IP_PROTOCOL.sctp,
};

/** Whether IPVS has virtual servers on the host, as far as the host itself shows it. */
export function hasVirtualServers(host: Host): boolean {
  return host.interfaces.some(({ name }) => name === DUMMY_DEVICE);
}

/**
 * What IPVS may take away from the host. Which servers it has stands in no rule, and its translation is not modelled: what goes to one
 * of their addresses cannot be judged.
 */
export class VirtualServers {
  readonly #addresses: Host['interfaces'][number]['addresses'];
  readonly #nodePorts: readonly {
    readonly protocol: number | undefined;
    readonly set: SetLookup;
  }[];

  constructor(host: Host, sets: ReadonlyMap<string, SetLookup>) {
    this.#addresses = host.interfaces.find(({ name }) => name === DUMMY_DEVICE)?.addresses ?? [];
    this.#nodePorts = hasVirtualServers(host)
      ? [...sets].flatMap(([name, set]) => {
          const found = NODE_PORT_SETS.exec(name);
          return found === null ? [] : [{ protocol: PROTOCOLS[found[1] as string], set }];
        })
      : [];
  }

  /** Whether the packet, which goes to the host itself, may go to a virtual server. */
  mayTake(packet: PacketInFlight): boolean {
    return (
      this.#addresses.some(({ address }) => sameIpAddress(address, packet.destination)) ||
      this.#nodePorts.some(
        ({ protocol, set }) =>
          protocol === packet.protocol && testSet(set, packet, ['dst', 'dst'], 0) !== 'out',
      )
    );
  }
}
