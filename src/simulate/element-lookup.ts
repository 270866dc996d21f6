import { cidrOf, hostCidr } from '../address/cidr.ts';
import type { IpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import { LOCAL } from '../packet/packet.ts';
import type { ElementPart, IpSet, IpSetMember, IpSetType } from '../ruleset/ip-set.ts';
import { maskAddress } from '../ruleset/option/address-codecs.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import {
  portDimension,
  type SetAnswer,
  type SetLookup,
  type SetMark,
  type SetSides,
} from './set-lookup.ts';

/** What a dimension of a set looks at. */
type Dimension = 'net' | 'port' | 'plain-port' | 'interface' | 'mark' | 'mac';

const DIMENSIONS: Readonly<Partial<Record<IpSetType, readonly Dimension[]>>> = {
  'hash:net': ['net'],
  'hash:ip': ['net'],
  'hash:ip,port': ['net', 'port'],
  'hash:net,port': ['net', 'port'],
  'hash:ip,port,ip': ['net', 'port', 'net'],
  'hash:ip,port,net': ['net', 'port', 'net'],
  'hash:net,net': ['net', 'net'],
  'hash:net,port,net': ['net', 'port', 'net'],
  'hash:ip,mark': ['net', 'mark'],
  'hash:net,iface': ['net', 'interface'],
  'hash:mac': ['mac'],
  'hash:ip,mac': ['net', 'mac'],
  'bitmap:ip': ['net'],
  'bitmap:ip,mac': ['net', 'mac'],
  'bitmap:port': ['plain-port'],
};

/** An element as far as its key does not say it. */
interface Element {
  readonly nomatch: boolean;
  readonly interface: Extract<ElementPart, { kind: 'interface' }> | undefined;
  readonly mark: SetMark;
}

/** Prefix lengths of an element's blocks, one for each dimension of addresses. */
type Lengths = readonly number[];

/** What the packet has for a dimension; null where it has nothing of the kind, and undefined where nobody knows. */
type Value = IpAddress | string | null | undefined;

/**
 * A set of any type but `list:set`. Elements are found by their text, for each combination of prefix lengths that occurs, the longest of the first dimension
 * first: the first element found decides, and where that bears `nomatch` the packet is not in the set.
 *
 * Source: net/netfilter/ipset/ip_set_hash_gen.h, mtype_test_cidrs (Linux 6.18); netfilter-facts 6.5.
 */
export class ElementLookup implements SetLookup {
  readonly dimensions: number;
  readonly family: IpSet['family'];
  readonly #set: IpSet;
  readonly #kinds: readonly Dimension[];
  readonly #elements: Map<string, Element[]> = new Map();
  readonly #lengths: readonly Lengths[];
  /** When the first element is gone that stays for a time alone; seconds from when the set was saved. */
  readonly #firstEndSeconds: number;
  /** Some element's address is that of the first packet that comes. */
  readonly #isOpen: boolean;

  /** @throws Error for a set without dimensions of its own. */
  constructor(set: IpSet) {
    const kinds = DIMENSIONS[set.type];
    if (kinds === undefined) throw new Error(`a set of type ${set.type} has no elements`);
    this.#set = set;
    this.#kinds = kinds;
    this.dimensions = kinds.length;
    this.family = set.family;
    const lengths = new Map<string, Lengths>();
    let firstEnd = Number.POSITIVE_INFINITY;
    let isOpen = false;
    for (const member of set.members) {
      const parts = partsOf(member);
      const blocks = parts.flatMap((part) => (part.kind === 'net' ? [part.cidr.prefixLength] : []));
      lengths.set(blocks.join(), blocks);
      this.#add(member, parts);
      const timeout = member.extras?.timeoutSeconds ?? 0;
      if (timeout > 0) firstEnd = Math.min(firstEnd, timeout);
      if (parts.some((part) => part.kind === 'mac' && part.mac === undefined)) isOpen = true;
    }
    this.#lengths = [...lengths.values()].sort(longestFirst);
    this.#firstEndSeconds = firstEnd;
    this.#isOpen = isOpen;
  }

  test(packet: PacketInFlight, sides: SetSides, nowSeconds: number): SetAnswer {
    const values = this.#valuesOf(packet, sides);
    if (values.includes(null)) return 'out';
    if (this.#areUnknown(values)) return 'unknown';
    for (const found of this.#found(values, packet, sides)) {
      if (nowSeconds >= this.#firstEndSeconds) return 'unknown';
      return found.nomatch ? 'nomatch' : 'in';
    }
    return 'out';
  }

  marksFor(packet: PacketInFlight, sides: SetSides, nowSeconds: number): readonly SetMark[] {
    const isOfOther = this.family !== undefined && this.family !== packet.family;
    if (isOfOther || sides.length < this.dimensions) return [undefined];
    const values = this.#valuesOf(packet, sides);
    if (values.includes(null)) return [undefined];
    if (this.#areUnknown(values)) return [undefined, ...this.marks];
    const marks: SetMark[] = [];
    for (const found of this.#found(values, packet, sides)) {
      marks.push(found.nomatch ? undefined : found.mark);
      // It may be gone by now, and what lies behind it counts then.
      if (nowSeconds < this.#firstEndSeconds) return marks;
    }
    return [...marks, undefined];
  }

  get marks(): readonly SetMark[] {
    return [...this.#elements.values()].flatMap((elements) => elements.map(({ mark }) => mark));
  }

  #valuesOf(packet: PacketInFlight, sides: SetSides): readonly Value[] {
    return this.#kinds.map((kind, at) => this.#valueOf(kind, packet, sides[at] === 'src'));
  }

  #areUnknown(values: readonly Value[]): boolean {
    return values.includes(undefined) || this.#isOpen;
  }

  /** The elements that hold the packet, in the order in which the kernel finds them. */
  *#found(values: readonly Value[], packet: PacketInFlight, sides: SetSides): Generator<Element> {
    const arrival = sides[1] === 'src' ? packet.inInterface : packet.outInterface;
    for (const lengths of this.#lengths) {
      const elements = this.#elements.get(this.#key(values, lengths));
      const found = elements?.find((one) => isBy(one.interface, arrival));
      if (found !== undefined) yield found;
    }
  }

  #add(member: IpSetMember, parts: readonly ElementPart[]): void {
    const key = parts.map((part) => this.#keyOf(part)).join(' ');
    const list = this.#elements.get(key) ?? [];
    const link = parts.find((part) => part.kind === 'interface');
    const { nomatch = false, skbmark } = member.extras ?? {};
    list.push({ nomatch, interface: link, mark: skbmark });
    this.#elements.set(key, list);
  }

  #keyOf(part: ElementPart): string {
    switch (part.kind) {
      case 'net':
        return addressKey(this.#masked(part.cidr.network));
      case 'port':
        return this.#set.type === 'bitmap:port' ? `${part.port}` : `${part.protocol}:${part.port}`;
      case 'mark':
        return `${part.mark >>> 0}`;
      case 'mac':
        return part.mac ?? '';
      default:
        // The name may be but the beginning of a packet's, and is looked at by itself.
        return '';
    }
  }

  #key(values: readonly Value[], lengths: Lengths): string {
    let block = 0;
    return values
      .map((value) => {
        if (typeof value === 'string') return value;
        const length = lengths[block++] ?? 0;
        return addressKey(this.#masked(cidrOf(value as IpAddress, length).network));
      })
      .join(' ');
  }

  /** Sets made with `netmask` or `bitmask` keep that much of addresses alone. */
  #masked(address: IpAddress): IpAddress {
    const { netmask, bitmask } = this.#set.options ?? {};
    if (netmask !== undefined) return cidrOf(address, netmask).network;
    return bitmask === undefined ? address : maskAddress(address, bitmask);
  }

  #valueOf(kind: Dimension, packet: PacketInFlight, fromSource: boolean): Value {
    switch (kind) {
      case 'net': {
        const address = fromSource ? packet.source : packet.destination;
        return this.family === undefined || address.family === this.family ? address : null;
      }
      case 'port':
        // Protocol 0 is none to ipset.
        if (packet.protocol === 0) return null;
        return `${packet.protocol}:${portDimension(packet, fromSource)}`;
      case 'plain-port': {
        const { protocol } = packet;
        if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) return null;
        return `${portDimension(packet, fromSource)}`;
      }
      case 'mark':
        return `${(packet.mark & (this.#set.options?.markMask ?? 0xffffffff)) >>> 0}`;
      case 'interface':
        return (fromSource ? packet.inInterface : packet.outInterface) === '' ? null : '';
      default:
        // Which address of the link a packet is sent to is for the neighbour table to say.
        return fromSource && packet.packet.in !== LOCAL ? packet.packet.mac : undefined;
    }
  }
}

/** Elements that name the port of a bridge are for packets of bridges alone. */
function isBy(element: Element['interface'], name: string): boolean {
  if (element === undefined) return true;
  if (element.physical) return false;
  return element.name.endsWith('+')
    ? name.startsWith(element.name.slice(0, -1))
    : name === element.name;
}

function partsOf(member: IpSetMember): readonly ElementPart[] {
  switch (member.kind) {
    case 'net':
      return [{ kind: 'net', cidr: member.cidr }];
    case 'address-port': {
      const { address, protocol, port } = member;
      return [
        { kind: 'net', cidr: hostCidr(address) },
        { kind: 'port', protocol, port },
      ];
    }
    default:
      return member.parts;
  }
}

function longestFirst(a: Lengths, b: Lengths): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (b[i] ?? 0) - (a[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function addressKey({ family, w0, w1, w2, w3 }: IpAddress): string {
  return family === 4 ? `${w3}` : `${w0}:${w1}:${w2}:${w3}`;
}
