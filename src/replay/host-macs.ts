import type { LinkLayer } from '../capture/link-layer.ts';
import type { Host } from '../host/host.ts';

/** Whose frame it is by its MAC addresses, as a number: the place of the interface that it is for, or one of these. */
export const MAC_OWNER = {
  /** Nothing can be told. */
  open: -1,
  /** The host's own address is the source. */
  leaving: -2,
  /** Another machine's address is the destination. */
  others: -3,
  /** The destination is the address of several of the host's interfaces, as of a VLAN and what it stands on. */
  several: -4,
} as const;

/** The MAC addresses of a host, as far as its document names them. */
export class HostMacs {
  /** By the address as two numbers: its upper 16 bits * 2^32 + its lower 32. */
  readonly #places: ReadonlyMap<number, number>;
  /** Whether each interface's address is known. */
  readonly #known: readonly boolean[];
  /** Whether no interface but lo has one that is not known. */
  readonly #allKnown: boolean;

  constructor(host: Host) {
    const places = new Map<number, number>();
    for (const [index, { mac }] of host.interfaces.entries()) {
      if (mac === undefined) continue;
      const number = Number.parseInt(mac.replaceAll(':', ''), 16);
      places.set(number, places.has(number) ? MAC_OWNER.several : index);
    }
    this.#places = places;
    this.#known = host.interfaces.map(({ mac }) => mac !== undefined);
    this.#allKnown = host.interfaces.every(({ name, mac }) => name === 'lo' || mac !== undefined);
  }

  /** Whether the host's document names any. */
  get areKnown(): boolean {
    return this.#places.size > 0;
  }

  /** Judges an Ethernet frame that was captured at the interface `place`; -1 when that is not known. HOT */
  judge(bytes: Uint8Array, link: LinkLayer, place: number): number {
    const { destinationMac } = link;
    if (destinationMac < 0) return MAC_OWNER.open;
    if (this.#places.has(macAt(bytes, link.sourceMac))) return MAC_OWNER.leaving;
    // Broadcast and multicast.
    if ((bytes[destinationMac]! & 1) !== 0) return MAC_OWNER.open;
    const owner = this.#places.get(macAt(bytes, destinationMac));
    if (owner !== undefined) return owner;
    const isTold = place >= 0 ? this.#known[place] === true : this.#allKnown;
    return isTold ? MAC_OWNER.others : MAC_OWNER.open;
  }

  /** Whether the frame is another machine's, if it was `place` where it was captured. HOT */
  isForOthers(bytes: Uint8Array, link: LinkLayer, place: number): boolean {
    return this.areKnown && this.judge(bytes, link, place) === MAC_OWNER.others;
  }
}

function macAt(bytes: Uint8Array, at: number): number {
  const upper = (bytes[at]! << 8) | bytes[at + 1]!;
  const lower =
    ((bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!) >>>
    0;
  return upper * 0x1_0000_0000 + lower;
}
