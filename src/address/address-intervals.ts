import { AscendingIpv4 } from './ascending-ipv4.ts';
import type { Cidr } from './cidr.ts';
import { compareIpAddresses, type IpAddress, type IpFamily, ipv4, ipv6 } from './ip-address.ts';

/**
 * The addresses of one family, cut wherever one of some blocks begins or ends: all addresses of an interval are in the same blocks.
 *
 * Intervals have indexes from 0, ascending with their addresses. A lookup costs the logarithm of their number at most and allocates nothing.
 */
export class AddressIntervals {
  readonly family: IpFamily;
  readonly count: number;
  // The first address of each interval; for IPv4 only the last word is kept.
  readonly #w0: Uint32Array;
  readonly #w1: Uint32Array;
  readonly #w2: Uint32Array;
  readonly #w3: Uint32Array;
  /** The same for finding IPv4 addresses among them. */
  readonly #ipv4: AscendingIpv4;

  /** Blocks of the other family are passed over. */
  constructor(family: IpFamily, blocks: Iterable<Cidr>) {
    this.family = family;
    const starts = family === 4 ? [] : startsOfIpv6(blocks);
    this.#w0 = Uint32Array.from(starts, ({ w0 }) => w0);
    this.#w1 = Uint32Array.from(starts, ({ w1 }) => w1);
    this.#w2 = Uint32Array.from(starts, ({ w2 }) => w2);
    this.#w3 = family === 4 ? startsOfIpv4(blocks) : Uint32Array.from(starts, ({ w3 }) => w3);
    this.#ipv4 = new AscendingIpv4(family === 4 ? this.#w3 : this.#w3.subarray(0, 0));
    this.count = this.#w3.length;
  }

  /** The first address of each interval of IPv4, as unsigned numbers. Not to be changed. */
  get starts4(): Uint32Array {
    return this.#w3;
  }

  /** The interval that holds an IPv4 address, given as its unsigned number. HOT */
  indexOf4(value: number): number {
    return this.#ipv4.placeOf(value);
  }

  /** The interval that holds an IPv6 address, given as its four unsigned words. HOT */
  indexOf6(w0: number, w1: number, w2: number, w3: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#startsAfter(middle, w0, w1, w2, w3)) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** The interval that holds an address of the family. */
  indexOf({ w0, w1, w2, w3 }: IpAddress): number {
    return this.family === 4 ? this.indexOf4(w3) : this.indexOf6(w0, w1, w2, w3);
  }

  /** The first address of an interval. */
  firstOf(index: number): IpAddress {
    const w3 = this.#w3[index]!;
    if (this.family === 4) return ipv4(w3);
    return ipv6(this.#w0[index]!, this.#w1[index]!, this.#w2[index]!, w3);
  }

  /** The first and the last interval of one of the blocks that the addresses were cut by. */
  rangeOf(block: Cidr): readonly [first: number, last: number] {
    return [this.indexOf(block.network), this.indexOf(lastOf(block))];
  }

  /** HOT */
  #startsAfter(index: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const s0 = this.#w0[index]!;
    if (s0 !== w0) return s0 > w0;
    const s1 = this.#w1[index]!;
    if (s1 !== w1) return s1 > w1;
    const s2 = this.#w2[index]!;
    if (s2 !== w2) return s2 > w2;
    return this.#w3[index]! > w3;
  }
}

/** Turns unsigned words into signed ones of the same order, and back. */
const SIGN = -0x8000_0000;

/** As unsigned numbers. */
function startsOfIpv4(blocks: Iterable<Cidr>): Uint32Array {
  // Signed, so that most need no more room than small numbers do; the lowest ends as 0.
  const all = [SIGN];
  for (const { network, m3 } of blocks) {
    if (network.family !== 4) continue;
    const first = network.w3 | 0;
    all.push(first ^ SIGN);
    const last = first | ~m3;
    if (last !== -1) all.push((last + 1) ^ SIGN);
  }
  const sorted = new Int32Array(all).sort();
  const starts = new Uint32Array(sorted.length);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    const start = (sorted[i]! ^ SIGN) >>> 0;
    if (count === 0 || start !== starts[count - 1]) starts[count++] = start;
  }
  return starts.slice(0, count);
}

function startsOfIpv6(blocks: Iterable<Cidr>): readonly IpAddress[] {
  const starts: IpAddress[] = [ipv6(0, 0, 0, 0)];
  for (const block of blocks) {
    if (block.network.family !== 6) continue;
    starts.push(block.network);
    const next = addressAfter(lastOf(block));
    if (next !== undefined) starts.push(next);
  }
  starts.sort(compareIpAddresses);
  return starts.filter((one, i) => i === 0 || compareIpAddresses(starts[i - 1]!, one) !== 0);
}

/** The last address of a block. */
function lastOf({ network: { family, w0, w1, w2, w3 }, m0, m1, m2, m3 }: Cidr): IpAddress {
  return family === 4 ? ipv4(w3 | ~m3) : ipv6(w0 | ~m0, w1 | ~m1, w2 | ~m2, w3 | ~m3);
}

/** Undefined after the last one. */
function addressAfter({ w0, w1, w2, w3 }: IpAddress): IpAddress | undefined {
  const ONES = 0xffff_ffff;
  if (w3 !== ONES) return ipv6(w0, w1, w2, w3 + 1);
  if (w2 !== ONES) return ipv6(w0, w1, w2 + 1, 0);
  if (w1 !== ONES) return ipv6(w0, w1 + 1, 0, 0);
  return w0 === ONES ? undefined : ipv6(w0 + 1, 0, 0, 0);
}
