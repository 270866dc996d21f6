import { cidrOf } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { IpSet } from '../ruleset/ip-set.ts';

/** The sets that hold exactly this block, by their numbers. */
type Holders = readonly number[];

/** What finds the holders of one prefix length's blocks by the block's network. */
interface LengthIndex {
  readonly prefixLength: number;
  readonly mask: number;
  /** IPv4 by the network's number as a signed one, which is quicker to find; IPv6 by its four words as text. */
  readonly holders: ReadonlyMap<number | string, Holders>;
}

/**
 * All `hash:net` sets of a family turned inside out: from an address to the sets that it is in.
 *
 * A packet is held against hundreds of sets that mostly do not have its address; one lookup for each prefix length that occurs
 * answers them all.
 */
export class SetMembership {
  /** From a set's name to its number, from 1. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly #lengths: readonly LengthIndex[];

  constructor(family: IpFamily, sets: readonly IpSet[]) {
    const nets = sets.filter((set) => set.type === 'hash:net');
    this.numbers = new Map(nets.map((set, i) => [set.name, i + 1]));
    const byLength = new Map<number, Map<number | string, number[]>>();
    nets.forEach((set, i) => {
      for (const member of set.members) {
        if (member.kind !== 'net') continue;
        const { network, prefixLength } = member.cidr;
        const holders = byLength.get(prefixLength) ?? new Map<number | string, number[]>();
        byLength.set(prefixLength, holders);
        const key = family === 4 ? network.w3 | 0 : ipv6Key(network);
        const list = holders.get(key);
        if (list === undefined) holders.set(key, [i + 1]);
        else list.push(i + 1);
      }
    });
    this.#lengths = [...byLength].map(([prefixLength, holders]) => ({
      prefixLength,
      mask: family === 4 && prefixLength > 0 ? -1 << (32 - prefixLength) : 0,
      holders,
    }));
  }

  /** Stamps the place of every set that holds the address. */
  stamp(address: IpAddress, stamps: Int32Array, generation: number): void {
    const lengths = this.#lengths;
    for (let i = 0; i < lengths.length; i++) {
      const { mask, prefixLength, holders } = lengths[i]!;
      const key =
        address.family === 4 ? address.w3 & mask : ipv6Key(cidrOf(address, prefixLength).network);
      const sets = holders.get(key);
      if (sets === undefined) continue;
      for (let j = 0; j < sets.length; j++) stamps[sets[j]!] = generation;
    }
  }
}

/** The sets that one side's address is in, found out when they are first asked for. */
export class AddressSets {
  readonly #membership: SetMembership;
  // A set holds the address when its place has the present generation; so nothing is cleared between addresses.
  readonly #stamps: Int32Array;
  #generation = 0;
  #address: IpAddress | undefined;

  constructor(membership: SetMembership) {
    this.#membership = membership;
    this.#stamps = new Int32Array(membership.numbers.size + 1);
  }

  /** Whether the set with this number holds the address. HOT */
  has(set: number, address: IpAddress): boolean {
    if (this.#address !== address) this.#look(address);
    return this.#stamps[set] === this.#generation;
  }

  #look(address: IpAddress): void {
    this.#address = address;
    // A generation is 31 bits; past that old stamps would read as new ones.
    if (this.#generation === 0x7fffffff) {
      this.#stamps.fill(0);
      this.#generation = 0;
    }
    this.#generation++;
    this.#membership.stamp(address, this.#stamps, this.#generation);
  }
}

function ipv6Key({ w0, w1, w2, w3 }: IpAddress): string {
  return `${w0}:${w1}:${w2}:${w3}`;
}
