import { type Cidr, compareCidrs, hostCidr, splitCatchAll } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { AddressSet, PortSet } from '../policy/node-policy.ts';
import type { IpSet, IpSetMember } from '../ruleset/ip-set.ts';
import { OWN_PREFIX } from './chain-names.ts';
import { nameHash } from './short-hash.ts';

/** The sets that rules of one family use. A set exists only once a rule has asked for its name. */
export class IpSets {
  readonly #family: IpFamily;
  readonly #sets = new Map<string, IpSet>();
  readonly #names = new Map<string, string>();
  /** A set is asked for by every rule that uses it. */
  readonly #known = new Map<AddressSet, string>();

  constructor(family: IpFamily) {
    this.#family = family;
  }

  /** The name of the set of blocks behind a selector. */
  nameOfAddressSet(set: AddressSet): string {
    const known = this.#known.get(set);
    if (known !== undefined) return known;
    const named = this.#name(`${OWN_PREFIX}${this.#family}s:`, set.id, (name) => ({
      name,
      type: 'hash:net',
      family: this.#family,
      members: netMembers(set.members, this.#family),
      description: set.description,
    }));
    this.#known.set(set, named);
    return named;
  }

  /** The name of the set of addresses and ports behind a named port or a service. */
  nameOfPortSet(set: PortSet): string {
    return this.#name(`${OWN_PREFIX}${this.#family}p:`, set.id, (name) => ({
      name,
      type: 'hash:ip,port',
      family: this.#family,
      members: set.members
        .filter((member) => member.address.family === this.#family)
        .map((member) => ({ kind: 'address-port', ...member })),
      description: set.description,
    }));
  }

  /** The name of a set of ours that no selector is behind, such as all hosts' addresses. */
  nameOfOwnSet(label: string, description: string, members: readonly Cidr[]): string {
    const name = `${OWN_PREFIX}${this.#family}${label}`;
    if (!this.#sets.has(name)) {
      this.#sets.set(name, {
        name,
        type: 'hash:net',
        family: this.#family,
        members: netMembers([...members].sort(compareCidrs), this.#family),
        description,
      });
    }
    return name;
  }

  /** Every set that was asked for, by name. */
  all(): readonly IpSet[] {
    return [...this.#sets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws Error when two ids have one hash, which 96 bits make a broken hash and nothing else. */
  #name(prefix: string, id: string, create: (name: string) => IpSet): string {
    const key = prefix + id;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = prefix + nameHash(id);
    if (this.#sets.has(name)) throw new Error(`two sets have the name ${name}`);
    this.#sets.set(name, create(name));
    this.#names.set(key, name);
    return name;
  }
}

/** Addresses as blocks, for a set. */
export function addressBlocks(addresses: readonly IpAddress[]): readonly Cidr[] {
  return addresses.map(hostCidr);
}

function netMembers(cidrs: readonly Cidr[], family: IpFamily): readonly IpSetMember[] {
  const members: IpSetMember[] = [];
  let previous: Cidr | undefined;
  for (const cidr of cidrs) {
    if (cidr.network.family !== family) continue;
    if (previous !== undefined && compareCidrs(previous, cidr) === 0) continue;
    previous = cidr;
    if (cidr.prefixLength > 0) members.push({ kind: 'net', cidr });
    else for (const part of splitCatchAll(cidr)) members.push({ kind: 'net', cidr: part });
  }
  return members;
}
