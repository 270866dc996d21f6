import { AddressIntervals } from '../address/address-intervals.ts';
import { type Cidr, cidrOf } from '../address/cidr.ts';
import { type IpAddress, type IpFamily, ipv4, ipv6 } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { get32, getIpv4, getIpv6 } from '../packet/header-bytes.ts';
import { LOCAL } from '../packet/packet.ts';
import { TOWARDS } from '../simulate/fast/plain-layout.ts';
import type { Router } from '../simulate/routing/router.ts';

/** Addresses that routing treats otherwise than its tables say. */
const SPECIAL: readonly Cidr[] = [
  cidrOf(ipv4(0), 32),
  cidrOf(ipv4(0x7f000000), 8),
  cidrOf(ipv4(0xe0000000), 4),
  cidrOf(ipv4(0xffffffff), 32),
  cidrOf(ipv6(0, 0, 0, 0), 128),
  cidrOf(ipv6(0, 0, 0, 1), 128),
  cidrOf(ipv6(0xfe800000, 0, 0, 0), 10),
  cidrOf(ipv6(0xff000000, 0, 0, 0), 8),
];

/**
 * What addresses are to a host. Asked for every packet, and the same for all addresses that lie in the same blocks of its routes, so that
 * each such interval is asked about once.
 */
export class AddressFacts {
  readonly #router: Router;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #intervals: Readonly<Record<IpFamily, AddressIntervals>>;
  readonly #towards: Readonly<Record<IpFamily, Int32Array>>;
  // The same of IPv4, at hand.
  readonly #intervals4: AddressIntervals;
  readonly #towards4: Int32Array;

  constructor(host: Host, router: Router) {
    this.#router = router;
    this.#numbers = new Map(host.interfaces.map(({ name }, index) => [name, index]));
    this.#intervals = { 4: intervalsOf(host, router, 4), 6: intervalsOf(host, router, 6) };
    this.#towards = {
      4: new Int32Array(this.#intervals[4].count).fill(TOWARDS.open),
      6: new Int32Array(this.#intervals[6].count).fill(TOWARDS.open),
    };
    this.#intervals4 = this.#intervals[4];
    this.#towards4 = this.#towards[4];
  }

  /** Where the address at `at` lies: the number of an interface, or one of TOWARDS. HOT */
  towards(bytes: Uint8Array, at: number, family: IpFamily): number {
    const intervals = this.#intervals[family];
    const index =
      family === 4
        ? intervals.indexOf4(get32(bytes, at))
        : intervals.indexOf6(
            get32(bytes, at),
            get32(bytes, at + 4),
            get32(bytes, at + 8),
            get32(bytes, at + 12),
          );
    const known = this.#towards[family][index]!;
    return known === TOWARDS.open ? this.#ask(family, index) : known;
  }

  /** The first address of each interval of IPv4. */
  get starts4(): Uint32Array {
    return this.#intervals4.starts4;
  }

  /** The place of the interval of an IPv4 address, given as its unsigned number. */
  indexOf4(address: number): number {
    return this.#intervals4.indexOf4(address);
  }

  /** The same as `towards` of an IPv4 address, given as its unsigned number. */
  towards4(address: number): number {
    const index = this.#intervals4.indexOf4(address);
    const known = this.#towards4[index]!;
    return known === TOWARDS.open ? this.#ask(4, index) : known;
  }

  /** Whether the host owns the address or has any route for it, given what `towards` said of it. */
  isKnown(bytes: Uint8Array, at: number, family: IpFamily, towards: number): boolean {
    if (towards !== TOWARDS.unrouted) return true;
    return this.#router.knows(family === 4 ? getIpv4(bytes, at) : getIpv6(bytes, at));
  }

  #ask(family: IpFamily, index: number): number {
    const found = this.#find(this.#intervals[family].firstOf(index));
    this.#towards[family][index] = found;
    return found;
  }

  #find(address: IpAddress): number {
    const name = this.#router.interfaceTowards(address);
    if (name === undefined) return TOWARDS.unrouted;
    if (name === LOCAL) return TOWARDS.own;
    return this.#numbers.get(name) ?? TOWARDS.unrouted;
  }
}

function intervalsOf(host: Host, router: Router, family: IpFamily): AddressIntervals {
  const ofRules = host.rules.flatMap(({ from, to }) => [from, to]);
  const blocks = [...SPECIAL, ...router.blocks(family), ...ofRules];
  return new AddressIntervals(
    family,
    blocks.filter((one) => one !== undefined),
  );
}
