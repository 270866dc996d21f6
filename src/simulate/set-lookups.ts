import { type Cidr, hostCidr } from '../address/cidr.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import { AddressLookup } from './address-lookup.ts';
import { ElementLookup } from './element-lookup.ts';
import { ListLookup } from './list-lookup.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import {
  NO_MARKS,
  portDimension,
  type SetAnswer,
  type SetLookup,
  type SetMark,
  type SetSides,
} from './set-lookup.ts';

/** Whether a set is of blocks, or of address and port, and nothing more: the two kinds that policy has, which have lookups of their own. */
export function isPlain({ type, members, options }: IpSet): boolean {
  if (type !== 'hash:net' && type !== 'hash:ip,port') return false;
  if (options?.netmask !== undefined || options?.bitmask !== undefined) return false;
  return members.every(({ extras }) => extras === undefined);
}

/** Makes the sets of a host searchable; lists find their members among `sets`. */
export function lookupsOf(sets: readonly IpSet[]): ReadonlyMap<string, SetLookup> {
  const lookups = new Map<string, SetLookup>();
  for (const set of sets) lookups.set(set.name, lookupOf(set, lookups));
  return lookups;
}

function lookupOf(set: IpSet, all: ReadonlyMap<string, SetLookup>): SetLookup {
  if (set.type === 'list:set') return new ListLookup(set, all);
  if (!isPlain(set)) return new ElementLookup(set);
  return set.type === 'hash:net' ? new NetLookup(set) : new AddressPortLookup(set);
}

class NetLookup implements SetLookup {
  readonly dimensions = 1;
  readonly family: IpSet['family'];
  readonly marks: readonly SetMark[] = [];
  readonly #nets: AddressLookup;

  constructor(set: IpSet) {
    this.family = set.family;
    this.#nets = new AddressLookup(
      set.members.flatMap((member) => (member.kind === 'net' ? [member.cidr] : [])),
    );
  }

  test(packet: PacketInFlight, sides: SetSides): SetAnswer {
    const address = sides[0] === 'src' ? packet.source : packet.destination;
    return this.#nets.contains(address) ? 'in' : 'out';
  }

  marksFor(): readonly SetMark[] {
    return NO_MARKS;
  }
}

class AddressPortLookup implements SetLookup {
  readonly dimensions = 2;
  readonly family: IpSet['family'];
  readonly marks: readonly SetMark[] = [];
  /** By `protocol << 16 | port`. */
  readonly #addresses: ReadonlyMap<number, AddressLookup>;

  constructor(set: IpSet) {
    this.family = set.family;
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

  test(packet: PacketInFlight, sides: SetSides): SetAnswer {
    const key = (packet.protocol << 16) | portDimension(packet, sides[1] === 'src');
    const addresses = this.#addresses.get(key);
    const address = sides[0] === 'src' ? packet.source : packet.destination;
    return addresses?.contains(address) === true ? 'in' : 'out';
  }

  marksFor(): readonly SetMark[] {
    return NO_MARKS;
  }
}
