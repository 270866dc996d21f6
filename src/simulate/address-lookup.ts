import { type Cidr, cidrContains, compareCidrs, hostCidr } from '../address/cidr.ts';
import { compareIpAddresses, type IpAddress } from '../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** Blocks of one family in a form that is searched in logarithmic time. */
export class AddressLookup {
  // INVARIANT: sorted by network and free of nested blocks, so that at most the last block that begins
  // at or before an address can hold it.
  readonly #blocks: readonly Cidr[];
  /** The first addresses as numbers, for IPv4 only. */
  readonly #starts: Uint32Array;
  readonly #isIpv4: boolean;

  constructor(blocks: readonly Cidr[]) {
    const outermost: Cidr[] = [];
    for (const block of [...blocks].sort(compareCidrs)) {
      const last = outermost.at(-1);
      if (last === undefined || !cidrContains(last, block.network)) outermost.push(block);
    }
    this.#blocks = outermost;
    this.#isIpv4 = outermost.every((block) => block.network.family === 4);
    this.#starts = Uint32Array.from(outermost, (block) => block.network.w3);
  }

  /** HOT */
  contains(address: IpAddress): boolean {
    const at = this.#isIpv4 ? this.#lastIpv4(address.w3) : this.#lastIpv6(address);
    return at >= 0 && cidrContains(this.#blocks[at]!, address);
  }

  #lastIpv4(value: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #lastIpv6(address: IpAddress): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIpAddresses(blocks[middle]!.network, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** An ipset as the `set` match asks it. `fromSource` says for each dimension whether the source side is looked up. */
export interface SetLookup {
  readonly dimensions: number;
  contains(packet: PacketInFlight, firstFromSource: boolean, secondFromSource: boolean): boolean;
}

/** Whether the members of a set can be looked up: those of `hash:net` and `hash:ip,port` as the compiler makes them. */
export function isLookedUp({ type, members, options }: IpSet): boolean {
  if (type !== 'hash:net' && type !== 'hash:ip,port') return false;
  return options?.netmask === undefined && members.every(({ extras }) => extras === undefined);
}

/** Makes an ipset searchable. */
export function lookupOf(set: IpSet): SetLookup {
  return set.type === 'hash:net' ? new NetLookup(set) : new AddressPortLookup(set);
}

class NetLookup implements SetLookup {
  readonly dimensions = 1;
  readonly #nets: AddressLookup;

  constructor(set: IpSet) {
    this.#nets = new AddressLookup(
      set.members.flatMap((member) => (member.kind === 'net' ? [member.cidr] : [])),
    );
  }

  contains(packet: PacketInFlight, fromSource: boolean): boolean {
    return this.#nets.contains(fromSource ? packet.source : packet.destination);
  }
}

class AddressPortLookup implements SetLookup {
  readonly dimensions = 2;
  /** By `protocol << 16 | port`. */
  readonly #addresses: ReadonlyMap<number, AddressLookup>;

  constructor(set: IpSet) {
    const blocks = new Map<number, Cidr[]>();
    for (const member of set.members) {
      if (member.kind !== 'address-port') continue;
      const key = (member.protocol << 16) | member.port;
      const list = blocks.get(key);
      if (list === undefined) blocks.set(key, [hostCidr(member.address)]);
      else list.push(hostCidr(member.address));
    }
    this.#addresses = new Map([...blocks].map(([key, list]) => [key, new AddressLookup(list)]));
  }

  contains(packet: PacketInFlight, addressFromSource: boolean, portFromSource: boolean): boolean {
    const addresses = this.#addresses.get(
      (packet.protocol << 16) | portDimension(packet, portFromSource),
    );
    if (addresses === undefined) return false;
    return addresses.contains(addressFromSource ? packet.source : packet.destination);
  }
}

/**
 * What the port dimension of a set holds for a packet: a port, type and code of ICMP whatever the direction, 0 for other protocols.
 * Source: ip_set_getport.c, ip_set_get_ip4_port.
 */
function portDimension(packet: PacketInFlight, fromSource: boolean): number {
  if (hasPorts(packet.protocol) && packet.protocol !== IP_PROTOCOL.dccp) {
    return fromSource ? packet.sourcePort : packet.destinationPort;
  }
  const icmp = packet.family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  if (packet.protocol !== icmp) return 0;
  return (packet.packet.icmpType << 8) | packet.packet.icmpCode;
}
