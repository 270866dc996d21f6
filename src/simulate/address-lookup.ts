import { type Cidr, cidrContains, compareCidrs } from '../address/cidr.ts';
import { compareIpAddresses, type IpAddress } from '../address/ip-address.ts';

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
