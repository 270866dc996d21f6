import { ipv4, renderIpAddress } from '../address/ip-address.ts';
import { STATE } from '../simulate/fast/plain-layout.ts';
import { PlainMemory } from '../simulate/fast/plain-memory.ts';
import { HighestCounts } from './highest-counts.ts';
import { NumberCounts } from './number-counts.ts';

/** Addresses that are counted at a time. */
export const MOST_COUNTED = 65_536;

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
  readonly #texts: Map<string, number> = new Map();
  readonly #numbers: NumberCounts;
  readonly #most: number;

  /** `shared`: memory of compiled code, and where it finds the addresses that it may count by itself. */
  constructor(
    most: number = MOST_COUNTED,
    shared?: { readonly memory: PlainMemory; readonly table: number },
  ) {
    this.#most = most;
    this.#numbers = new NumberCounts(
      shared?.memory ?? new PlainMemory({ runsCode: false, size: 'small' }),
      shared?.table ?? STATE.sources,
    );
    this.#numbers.most = most;
  }

  count(address: TalkerKey, packets = 1): void {
    if (typeof address === 'number') {
      this.countNumber(address, packets);
      return;
    }
    const before = this.#texts.get(address);
    if (before === undefined) this.#makeRoom();
    this.#texts.set(address, (before ?? 0) + packets);
    if (before === undefined) this.#numbers.most = this.#most - this.#texts.size;
  }

  /** The same of an IPv4 address as a signed number. HOT */
  countNumber(address: number, packets: number): void {
    if (this.#numbers.addTo(address, packets)) return;
    this.#makeRoom();
    this.#numbers.insert(address, packets);
  }

  /** The addresses with the most packets, most first. */
  top(count: number): readonly Talker[] {
    const highest = new HighestCounts(count);
    for (const packets of this.#texts.values()) highest.add(packets);
    this.#numbers.tell(highest);
    const { least } = highest;
    const texts = [...this.#texts].filter(([, packets]) => packets >= least);
    // Only of those is the text asked for.
    return [...texts, ...this.#numbers.withAtLeast(least)]
      .map(([key, packets]) => ({ address: textOf(key), packets }))
      .sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1))
      .slice(0, count);
  }

  #sortedCounts(): Float64Array {
    const ofNumbers = this.#numbers.sortedCounts();
    if (this.#texts.size === 0) return ofNumbers;
    return Float64Array.from([...this.#texts.values(), ...ofNumbers]).sort();
  }

  /** Where there are too many, takes a count off from all, as large as leaves half of them at most. */
  #makeRoom(): void {
    if (this.#texts.size + this.#numbers.size < this.#most) return;
    const counts = this.#sortedCounts();
    const lost = counts[Math.floor(counts.length / 2)]!;
    this.missing += lost;
    for (const [address, packets] of this.#texts) {
      if (packets <= lost) this.#texts.delete(address);
      else this.#texts.set(address, packets - lost);
    }
    this.#numbers.reduce(lost);
    this.#numbers.most = this.#most - this.#texts.size;
  }
}

function textOf(key: TalkerKey): string {
  return typeof key === 'string' ? key : renderIpAddress(ipv4(key));
}
