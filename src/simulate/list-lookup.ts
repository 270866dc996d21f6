import type { IpSet } from '../ruleset/ip-set.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import { type SetAnswer, type SetLookup, type SetSides, testSet } from './set-lookup.ts';

/** A `list:set`: what any of its sets holds. Source: net/netfilter/ipset/ip_set_list_set.c, list_set_ktest. */
export class ListLookup implements SetLookup {
  readonly dimensions = 1;
  readonly family = undefined;
  readonly #set: IpSet;
  readonly #all: ReadonlyMap<string, SetLookup>;

  constructor(set: IpSet, all: ReadonlyMap<string, SetLookup>) {
    this.#set = set;
    this.#all = all;
  }

  test(packet: PacketInFlight, sides: SetSides, nowSeconds: number): SetAnswer {
    let unknown = false;
    for (const name of setNames(this.#set)) {
      const set = this.#all.get(name);
      if (set === undefined) unknown = true;
      else {
        const answer = testSet(set, packet, sides, nowSeconds);
        if (answer === 'in') return 'in';
        if (answer === 'unknown') unknown = true;
      }
    }
    return unknown ? 'unknown' : 'out';
  }
}

/** The names of the sets in a list, in its order. */
export function setNames({ members }: IpSet): readonly string[] {
  return members.flatMap((member) =>
    member.kind === 'element'
      ? member.parts.flatMap((part) => (part.kind === 'set' ? [part.name] : []))
      : [],
  );
}
