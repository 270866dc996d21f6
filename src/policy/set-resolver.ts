import { type Cidr, compareCidrs, hostCidr } from '../address/cidr.ts';
import { compareIpAddresses } from '../address/ip-address.ts';
import type { KubernetesResources } from '../resources/kubernetes/kubernetes-resources.ts';
import { findServiceEndpoints } from '../resources/kubernetes/service-endpoints.ts';
import { LabelIndex } from '../resources/selector/label-index.ts';
import { renderSelector } from '../resources/selector/render-selector.ts';
import type { Selector } from '../resources/selector/selector.ts';
import type { LabelledEndpoint } from './labelled-endpoints.ts';
import type { AddressSet, PortSet } from './node-policy.ts';

type PortMember = PortSet['members'][number];

/** Which endpoints' port of a name: `protocol` undefined for any. */
export interface NamedPortQuery {
  readonly name: string;
  readonly protocol: number | undefined;
  readonly selector: Selector;
}

/**
 * Finds the addresses behind selectors, named ports and services. Equal questions give the same object, so that a set is made
 * once however many rules use it.
 */
export class SetResolver {
  private readonly index: LabelIndex<LabelledEndpoint>;
  private readonly kubernetes: KubernetesResources;
  /** Every net once, sorted; `ranks` gives each endpoint's positions in it. */
  private readonly nets: readonly Cidr[];
  private readonly ranks: ReadonlyMap<LabelledEndpoint, readonly number[]>;
  private readonly addressSets: Map<string, AddressSet> = new Map();
  /** Selectors of one text are one object, mostly. */
  private readonly asked: WeakMap<Selector, AddressSet> = new WeakMap();
  private readonly portSets: Map<string, PortSet> = new Map();

  constructor(endpoints: readonly LabelledEndpoint[], kubernetes: KubernetesResources) {
    this.index = new LabelIndex(endpoints, (endpoint) => endpoint.labels);
    this.kubernetes = kubernetes;
    const written: Cidr[] = [];
    const owners: LabelledEndpoint[] = [];
    for (const endpoint of endpoints) {
      for (const net of endpoint.nets) {
        written.push(net);
        owners.push(endpoint);
      }
    }
    const nets: Cidr[] = [];
    const ranks = new Map<LabelledEndpoint, number[]>();
    for (const at of sortedOrder(written)) {
      const net = written[at] as Cidr;
      const endpoint = owners[at] as LabelledEndpoint;
      const last = nets[nets.length - 1];
      if (last === undefined || compareCidrs(last, net) !== 0) nets.push(net);
      const known = ranks.get(endpoint);
      if (known === undefined) ranks.set(endpoint, [nets.length - 1]);
      else known.push(nets.length - 1);
    }
    this.nets = nets;
    this.ranks = ranks;
  }

  /** How many sets have been found. */
  get size(): number {
    return this.addressSets.size + this.portSets.size;
  }

  /** The nets of everything that the selector picks. */
  bySelector(selector: Selector): AddressSet {
    const asked = this.asked.get(selector);
    if (asked !== undefined) return asked;
    const id = renderSelector(selector);
    let set = this.addressSets.get(id);
    if (set === undefined) {
      set = { id, description: id, members: this.membersOf(selector) };
      this.addressSets.set(id, set);
    }
    this.asked.set(selector, set);
    return set;
  }

  /** The addresses and ports of the endpoints that the selector picks and that have a port of the name. */
  byNamedPort({ name, protocol, selector }: NamedPortQuery): PortSet {
    const text = renderSelector(selector);
    const id = `port ${name} ${protocol ?? 'any'} ${text}`;
    let set = this.portSets.get(id);
    if (set === undefined) {
      const members: PortMember[] = [];
      for (const endpoint of this.index.matching(selector)) {
        for (const port of endpoint.ports) {
          if (port.name !== name) continue;
          if (protocol !== undefined && port.protocol !== protocol) continue;
          for (const net of endpoint.nets) {
            members.push({ address: net.network, protocol: port.protocol, port: port.port });
          }
        }
      }
      set = { id, description: `port ${name} of ${text}`, members: sortedPorts(members) };
      this.portSets.set(id, set);
    }
    return set;
  }

  /** The addresses and ports that back a service. */
  portsOfService(namespace: string, name: string): PortSet {
    const id = `service ${namespace}/${name}`;
    let set = this.portSets.get(id);
    if (set === undefined) {
      set = { id, description: id, members: sortedPorts(this.backing(namespace, name)) };
      this.portSets.set(id, set);
    }
    return set;
  }

  /** The addresses that back a service. */
  addressesOfService(namespace: string, name: string): AddressSet {
    const id = `service ${namespace}/${name}`;
    let set = this.addressSets.get(id);
    if (set === undefined) {
      const members = this.backing(namespace, name).map(({ address }) => hostCidr(address));
      members.sort(compareCidrs);
      set = {
        id,
        description: `addresses of ${id}`,
        members: members.filter(
          (net, n) => n === 0 || compareCidrs(members[n - 1] as Cidr, net) !== 0,
        ),
      };
      this.addressSets.set(id, set);
    }
    return set;
  }

  private membersOf(selector: Selector): readonly Cidr[] {
    const found: number[] = [];
    for (const endpoint of this.index.matching(selector)) {
      for (const rank of this.ranks.get(endpoint) ?? []) found.push(rank);
    }
    const sorted = Uint32Array.from(found).sort();
    const members: Cidr[] = [];
    for (let n = 0; n < sorted.length; n++) {
      if (n > 0 && sorted[n] === sorted[n - 1]) continue;
      members.push(this.nets[sorted[n] as number] as Cidr);
    }
    return members;
  }

  private backing(namespace: string, name: string): readonly PortMember[] {
    return findServiceEndpoints(this.kubernetes, { name, namespace }).map(
      ({ address, protocol, port }) => ({ address, protocol, port }),
    );
  }
}

/** The places of the blocks in ascending order. */
function sortedOrder(nets: readonly Cidr[]): readonly number[] {
  const count = nets.length;
  const ipv6: number[] = [];
  // A block of IPv4 is a number of 38 bits, and with its place behind it one that sorts by itself as long as there are not too many.
  if (count > MOST_IN_A_NUMBER) return [...nets.keys()].sort(byBlock);
  const keys: number[] = [];
  nets.forEach(({ network: { family, w3 }, prefixLength }, at) => {
    if (family === 6) ipv6.push(at);
    else keys.push((w3 * 64 + prefixLength) * count + at);
  });
  const order = Array.from(Float64Array.from(keys).sort(), (key) => key % count);
  return order.concat(ipv6.sort(byBlock));

  function byBlock(a: number, b: number): number {
    return compareCidrs(nets[a] as Cidr, nets[b] as Cidr);
  }
}

/** 2^15: beside 38 bits what a number holds exactly. */
const MOST_IN_A_NUMBER = 32_768;

function comparePorts(a: PortMember, b: PortMember): number {
  return compareIpAddresses(a.address, b.address) || a.protocol - b.protocol || a.port - b.port;
}

/** Sorted, each once. */
function sortedPorts(members: readonly PortMember[]): readonly PortMember[] {
  const sorted = [...members].sort(comparePorts);
  return sorted.filter(
    (port, n) => n === 0 || comparePorts(sorted[n - 1] as PortMember, port) !== 0,
  );
}
