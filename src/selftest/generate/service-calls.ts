import { parseIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import { LOCAL, type Packet } from '../../packet/packet.ts';
import { blankPacket } from '../blank-packet.ts';
import type { Random } from '../random.ts';
import type { JsonDocument } from './json-document.ts';
import type { World } from './world.ts';

/** A place at which a Service answers. */
interface Place {
  readonly address: string;
  readonly protocol: number;
  readonly port: number;
}

/** What is read of a Service, as the generator writes it. */
interface ServiceSpec {
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly ports?: readonly {
    readonly protocol: string;
    readonly port: number;
    readonly nodePort?: number;
  }[];
}

interface ServiceStatus {
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] };
}

/** Makes packets for the Services of generated documents, which packets that are aimed at nothing hardly ever meet. */
export class ServiceCalls {
  readonly #places: readonly Place[];
  readonly #world: World;

  constructor(documents: readonly JsonDocument[], world: World) {
    const own = [...world.own[4], ...world.own[6]];
    this.#places = documents
      .filter(({ kind }) => kind === 'Service')
      .flatMap(({ spec, status }) => placesOf(spec as ServiceSpec, status as ServiceStatus, own));
    this.#world = world;
  }

  /** From somewhere that the machine has a route to; undefined where there are no Services. */
  next(random: Random): Packet | undefined {
    if (this.#places.length === 0) return undefined;
    const { address, protocol, port } = random.pick(this.#places);
    const destination = parseIpAddress(address);
    const { from, address: sender } = this.#sender(random, address.includes(':') ? 6 : 4);
    const source = parseIpAddress(sender);
    if (destination === undefined || source === undefined) return undefined;
    return {
      ...blankPacket(from, protocol, source, destination),
      sourcePort: 40_000 + random.below(3),
      destinationPort: port,
    };
  }

  #sender(random: Random, family: 4 | 6): { readonly from: string; readonly address: string } {
    const { own, uplinks, workloads, addresses } = this.#world;
    const workload = random.pick(workloads);
    const inside = family === 4 ? workload.v4 : workload.v6;
    switch (random.weighted({ outside: 5, workload: 3, local: 2 })) {
      case 'outside':
        return { from: random.pick(uplinks), address: random.pick(addresses[family]) };
      case 'workload':
        return { from: workload.interfaceName, address: inside };
      case 'local':
        return { from: LOCAL, address: own[family].length > 0 ? random.pick(own[family]) : inside };
    }
  }
}

function placesOf(
  spec: ServiceSpec,
  status: ServiceStatus | undefined,
  own: readonly string[],
): readonly Place[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const addresses = new Set([
    ...(spec.clusterIPs ?? []),
    ...(spec.clusterIP === undefined ? [] : [spec.clusterIP]),
    ...(spec.externalIPs ?? []),
    ...ingress.map(({ ip }) => ip),
  ]);
  return (spec.ports ?? []).flatMap(({ protocol: name, port, nodePort }) => {
    const protocol = name === 'UDP' ? IP_PROTOCOL.udp : IP_PROTOCOL.tcp;
    const at = (address: string, number: number): Place => ({ address, protocol, port: number });
    return [
      ...[...addresses].map((address) => at(address, port)),
      ...(nodePort === undefined ? [] : own.map((address) => at(address, nodePort))),
    ];
  });
}
