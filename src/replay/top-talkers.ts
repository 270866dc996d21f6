import { ipv4, renderIpAddress } from '../address/ip-address.ts';

/** Addresses that are counted at a time. */
const MOST_COUNTED = 65_536;

/** An address and how many packets it had. */
export interface Talker {
  readonly address: string;
  readonly packets: number;
}

/** An address: IPv6 as it is written, IPv4 as it is written or, where no text shall be made for each packet, as a signed number. Either always in the same way. */
export type TalkerKey = string | number;

/**
 * Counts packets by address in bounded memory. Exact as long as there are fewer addresses than are counted at a time; from then on the
 * addresses with the fewest packets are forgotten, so that a count may be too low by as much as `missing` says.
 */
export class TopTalkers {
  /** The most that any count may lack. */
  missing = 0;
  readonly #counts: Map<TalkerKey, number> = new Map();
  readonly #most: number;

  constructor(most: number = MOST_COUNTED) {
    this.#most = most;
  }

  /** HOT */
  count(address: TalkerKey, packets = 1): void {
    const before = this.#counts.get(address);
    if (before === undefined && this.#counts.size >= this.#most) this.#forgetLower();
    this.#counts.set(address, (before ?? 0) + packets);
  }

  /** The addresses with the most packets, most first. */
  top(count: number): readonly Talker[] {
    const fewest = Float64Array.from(this.#counts.values()).sort().at(-count) ?? 0;
    // Only of those is the text asked for.
    return [...this.#counts]
      .filter(([, packets]) => packets >= fewest)
      .map(([key, packets]) => ({ address: textOf(key), packets }))
      .sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1))
      .slice(0, count);
  }

  /** Takes a count off from all, as large as leaves half of them at most. */
  #forgetLower(): void {
    const counts = Float64Array.from(this.#counts.values()).sort();
    const lost = counts[Math.floor(counts.length / 2)]!;
    this.missing += lost;
    for (const [address, packets] of this.#counts) {
      if (packets <= lost) this.#counts.delete(address);
      else this.#counts.set(address, packets - lost);
    }
  }
}

function textOf(key: TalkerKey): string {
  return typeof key === 'string' ? key : renderIpAddress(ipv4(key));
}
