import type { IpSet } from '../ruleset/ip-set.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import {
  type SetAnswer,
  type SetLookup,
  type SetMark,
  type SetSides,
  testSet,
} from './set-lookup.ts';

/** A `list:set`: what any of its sets holds. Source: net/netfilter/ipset/ip_set_list_set.c, list_set_ktest. */
export class ListLookup implements SetLookup {
  readonly dimensions = 1;
  readonly family = undefined;
  readonly #elements: readonly ListElement[];
  readonly #hasMarks: boolean;
  readonly #all: ReadonlyMap<string, SetLookup>;

  constructor(set: IpSet, all: ReadonlyMap<string, SetLookup>) {
    this.#elements = elementsOf(set);
    this.#hasMarks = set.options?.skbinfo === true;
    this.#all = all;
  }

  test(packet: PacketInFlight, sides: SetSides, nowSeconds: number): SetAnswer {
    let unknown = false;
    for (const { name } of this.#elements) {
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

  /** A list made for marks gives its own, any other that of the set. Source: list_set_ktest. */
  marksFor(packet: PacketInFlight, sides: SetSides, nowSeconds: number): readonly SetMark[] {
    const marks: SetMark[] = [];
    for (const { name, mark } of this.#elements) {
      const set = this.#all.get(name);
      const answer = set === undefined ? 'unknown' : testSet(set, packet, sides, nowSeconds);
      if (answer !== 'in' && answer !== 'unknown') continue;
      if (this.#hasMarks) marks.push(mark);
      else marks.push(...(set?.marksFor(packet, sides, nowSeconds) ?? []));
      if (answer === 'in') return marks;
    }
    return [...marks, undefined];
  }

  get marks(): readonly SetMark[] {
    if (this.#hasMarks) return this.#elements.map(({ mark }) => mark);
    return this.#elements.flatMap(({ name }) => this.#all.get(name)?.marks ?? []);
  }
}

/** The lists that hold each set, by the set's name. */
export function listsOf(sets: readonly IpSet[]): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, string[]>();
  for (const set of sets) {
    for (const name of setNames(set)) lists.set(name, [...(lists.get(name) ?? []), set.name]);
  }
  return lists;
}

/** The names of the sets in a list, in its order. */
export function setNames(list: IpSet): readonly string[] {
  return elementsOf(list).map(({ name }) => name);
}

interface ListElement {
  readonly name: string;
  readonly mark: SetMark;
}

function elementsOf({ members }: IpSet): readonly ListElement[] {
  return members.flatMap((member) =>
    member.kind === 'element'
      ? member.parts.flatMap((part) =>
          part.kind === 'set' ? [{ name: part.name, mark: member.extras?.skbmark }] : [],
        )
      : [],
  );
}
