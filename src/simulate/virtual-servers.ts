import { sameIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Host } from '../host/host.ts';
import { icmpKind } from './conntrack/icmp-types.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import { type SetLookup, testSet } from './set-lookup.ts';

/** Where kube-proxy in ipvs mode puts the addresses of its virtual servers. Source: kubernetes pkg/proxy/ipvs, defaultDummyDevice. */
const DUMMY_DEVICE = 'kube-ipvs0';

/** Its sets of node ports, whose servers have the node's own addresses. Source: kubernetes pkg/proxy/ipvs/ipset.go. */
const NODE_PORT_SETS = /^KUBE-(?:6-)?NODE-PORT-(TCP|UDP|SCTP-HASH)$/;

/** Its sets of addresses with ports; every server that has an address of its own is in one. Source: kubernetes pkg/proxy/ipvs/ipset.go. */
const SERVICE_SETS = /^KUBE-(?:6-)?(?:CLUSTER-IP|EXTERNAL-IP|EXTERNAL-IP-LOCAL|LOAD-BALANCER)$/;

const PROTOCOLS: Readonly<Record<string, number>> = {
  TCP: IP_PROTOCOL.tcp,
  UDP: IP_PROTOCOL.udp,
  'SCTP-HASH': IP_PROTOCOL.sctp,
};

const SERVED: ReadonlySet<number> = new Set(Object.values(PROTOCOLS));

/** Whether IPVS has virtual servers on the host, as far as the host itself shows it. */
export function hasVirtualServers(host: Host): boolean {
  return host.interfaces.some(({ name }) => name === DUMMY_DEVICE);
}

/**
 * What IPVS may take away from the host. Its translation is not modelled: what goes to one of its servers cannot be judged. Those have an address of the
 * device and a port that a set of kube-proxy's tells; where there are no such sets, any port may be one. All else is for the host itself.
 */
export class VirtualServers {
  readonly #addresses: Host['interfaces'][number]['addresses'];
  readonly #nodePorts: readonly {
    readonly protocol: number | undefined;
    readonly set: SetLookup;
  }[];

  readonly #services: readonly SetLookup[];

  constructor(host: Host, sets: ReadonlyMap<string, SetLookup>) {
    this.#addresses = host.interfaces.find(({ name }) => name === DUMMY_DEVICE)?.addresses ?? [];
    this.#services = [...sets].flatMap(([name, set]) => (SERVICE_SETS.test(name) ? [set] : []));
    this.#nodePorts = hasVirtualServers(host)
      ? [...sets].flatMap(([name, set]) => {
          const found = NODE_PORT_SETS.exec(name);
          return found === null ? [] : [{ protocol: PROTOCOLS[found[1] as string], set }];
        })
      : [];
  }

  /** Whether the packet, which goes to the host itself, may go to a virtual server. */
  mayTake(packet: PacketInFlight): boolean {
    if (this.#addresses.some(({ address }) => sameIpAddress(address, packet.destination))) {
      return this.#mayBeService(packet);
    }
    return this.#nodePorts.some(
      ({ protocol, set }) =>
        protocol === packet.protocol && testSet(set, packet, ['dst', 'dst'], 0) !== 'out',
    );
  }

  /** Whether the packet, which goes to an address of the device, may be for a server. Source: ip_vs_in_hook and ip_vs_in_icmp, ip_vs_core.c, Linux 6.6. */
  #mayBeService(packet: PacketInFlight): boolean {
    const { protocol } = packet;
    // Errors are about a connection, queries are not looked at.
    if (protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6) {
      return icmpKind(packet.family, packet.packet.icmpType) === 'error';
    }
    if (!SERVED.has(protocol)) return false;
    if (this.#services.length === 0) return true;
    return this.#services.some((set) => testSet(set, packet, ['dst', 'dst'], 0) !== 'out');
  }
}
