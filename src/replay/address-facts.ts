import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import { get32, getIpv4, getIpv6 } from '../packet/header-bytes.ts';
import { LOCAL } from '../packet/packet.ts';
import type { Router } from '../simulate/routing/router.ts';

/** What an address is to the host, as a number: the place of the interface that leads to it, or one of these. */
export const ADDRESS = {
  /** One of the host's own. */
  own: -1,
  /** No route leads back to it. */
  unrouted: -2,
} as const;

/** Addresses whose facts are kept; a power of two. */
const KEPT = 1 << 18;

/** An address that is kept nowhere: its place is free. */
const FREE = -3;

/**
 * What addresses are to a host. Asked for every packet, so that answers are kept: in place of a cleverer table one where an address
 * has a single place, and the last one to come takes it.
 */
export class AddressFacts {
  readonly #router: Router;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #keys4: Uint32Array = new Uint32Array(KEPT);
  readonly #towards4: Int16Array = new Int16Array(KEPT).fill(FREE);
  readonly #known6: Map<string, number> = new Map();

  /** `interfaces`: their names, in the order of their numbers. */
  constructor(router: Router, interfaces: readonly string[]) {
    this.#router = router;
    this.#numbers = new Map(interfaces.map((name, index) => [name, index]));
  }

  /** Where the address at `at` lies: the number of an interface, or one of ADDRESS. HOT */
  towards(bytes: Uint8Array, at: number, family: IpFamily): number {
    if (family === 6) return this.#towards6(bytes, at);
    const address = get32(bytes, at);
    const place = Math.imul(address, 0x9e3779b1) >>> 14;
    const kept = this.#towards4[place]!;
    if (kept !== FREE && this.#keys4[place] === address) return kept;
    const found = this.#ask(getIpv4(bytes, at));
    this.#keys4[place] = address;
    this.#towards4[place] = found;
    return found;
  }

  /** Whether the host owns the address or has any route for it, given what `towards` said of it. */
  isKnown(bytes: Uint8Array, at: number, family: IpFamily, towards: number): boolean {
    if (towards !== ADDRESS.unrouted) return true;
    return this.#router.knows(family === 4 ? getIpv4(bytes, at) : getIpv6(bytes, at));
  }

  #towards6(bytes: Uint8Array, at: number): number {
    let key = '';
    for (let i = at; i < at + 16; i += 2)
      key += String.fromCharCode((bytes[i]! << 8) | bytes[i + 1]!);
    const kept = this.#known6.get(key);
    if (kept !== undefined) return kept;
    if (this.#known6.size >= KEPT) this.#known6.clear();
    const found = this.#ask(getIpv6(bytes, at));
    this.#known6.set(key, found);
    return found;
  }

  #ask(address: IpAddress): number {
    const name = this.#router.interfaceTowards(address);
    if (name === undefined) return ADDRESS.unrouted;
    if (name === LOCAL) return ADDRESS.own;
    return this.#numbers.get(name) ?? ADDRESS.unrouted;
  }
}
