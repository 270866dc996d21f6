import { type IpAddress, parseIpAddress } from '../../address/ip-address.ts';

/** Many entries of a table have the same addresses: each text is parsed once, as long as there are not too many. */
export class AddressCache {
  readonly #known: Map<string, IpAddress | undefined> = new Map();

  /** The address, undefined where the text is none. */
  parse(text: string): IpAddress | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const parsed = parseIpAddress(text);
    if (parsed !== undefined && this.#known.size < MOST_ADDRESSES) this.#known.set(text, parsed);
    return parsed;
  }
}

const MOST_ADDRESSES = 100_000;
