import { type IpAddress, ipv4, parseIpAddress, parseQuad } from '../../address/ip-address.ts';

/** Many entries of a table have the same addresses: each is made once, as long as there are not too many. */
export class AddressCache {
  readonly #quads: Map<number, IpAddress> = new Map();
  readonly #others: Map<string, IpAddress> = new Map();

  /** The address that stands in a text from `start` to `end`, undefined where that is none. */
  parse(text: string, start: number, end: number): IpAddress | undefined {
    const quad = parseQuad(text, start, end);
    if (quad < 0) return this.#parseOther(text.slice(start, end));
    let known = this.#quads.get(quad);
    if (known === undefined) {
      known = ipv4(quad);
      if (this.#quads.size < MOST_ADDRESSES) this.#quads.set(quad, known);
    }
    return known;
  }

  #parseOther(text: string): IpAddress | undefined {
    const known = this.#others.get(text);
    if (known !== undefined) return known;
    const parsed = parseIpAddress(text);
    if (parsed !== undefined && this.#others.size < MOST_ADDRESSES) this.#others.set(text, parsed);
    return parsed;
  }
}

const MOST_ADDRESSES = 100_000;
