import { BitIndex } from './bit-index.ts';
import { CandidateLists } from './candidate-lists.ts';
import { ConditionTests, type HeaderValues } from './condition-tests.ts';
import {
  DIMENSIONS,
  type Dimension,
  type HeaderConditions,
  valuesOf,
} from './header-conditions.ts';
import type { PlainMemory } from './plain-memory.ts';
import { INDEX, LIST, LIST_WORDS, LONG_LIST, NARROWED } from './ways-layout.ts';

/** Fewer conditions than this are asked one by one. */
const INDEXED_FROM = 48;

/** Fewer than this are not worth lists of one dimension. */
const LISTED_FROM = 16;

/** How many conditions such indexes may have together, as a multiple of those that there are. */
const MOST_NARROWED = 16;

/** Memory of compiled code, and for how many conditions in indexes there is still room in it. */
export interface PlacedIndexes {
  readonly memory: PlainMemory;
  left: number;
}

/** How many conditions there is still room for in indexes of long lists. */
interface Room {
  left: number;
}

/**
 * Finds the first of some conditions, in their order, that headers meet, without asking most of those that they do not meet.
 *
 * A condition is in the lists of the first dimension that it asks about in few rows, ports first: the packet's value there leaves few to
 * be asked. What asks for much in every dimension is kept as rows of bits.
 */
export class RuleIndex {
  readonly #conditions: readonly HeaderConditions[];
  readonly #addresses: number;
  readonly #tests: ConditionTests;
  readonly #lists: readonly ListSearch[];
  /** What is asked one by one. */
  readonly #rest: Int32Array;
  readonly #bits: readonly BitIndex[];
  readonly #room: Room;
  /** Where compiled code is told of indexes, and where it finds this one; 0 where it does not. */
  #told: PlacedIndexes | undefined;
  #place = 0;
  // What was found last, and from where on.
  #serial = -1;
  #from = 0;
  #found = -1;

  /** `addresses`: how many intervals addresses are cut into. */
  constructor(
    conditions: readonly HeaderConditions[],
    addresses: number,
    room: Room = { left: conditions.length * MOST_NARROWED },
  ) {
    this.#conditions = conditions;
    this.#addresses = addresses;
    this.#room = room;
    this.#tests = new ConditionTests(conditions);
    const isIndexed = conditions.length >= INDEXED_FROM;
    const lists: ListSearch[] = [];
    let rest: readonly number[] = conditions.map((_, number) => number);
    if (isIndexed) {
      for (const dimension of DIMENSIONS) {
        const listed = listsOf(conditions, rest, dimension, valuesOf(dimension, addresses));
        if (listed === undefined) continue;
        lists.push({ lists: listed.lists, narrowed: new Map(), narrowedAt: 0 });
        rest = listed.rest;
      }
    }
    this.#lists = lists;
    const isShort = rest.length < INDEXED_FROM;
    this.#rest = Int32Array.from(isShort ? rest : []);
    this.#bits = isShort ? [] : bitsOf(conditions, rest, addresses);
  }

  /** How many conditions there are. */
  get size(): number {
    return this.#conditions.length;
  }

  /** Where compiled code finds the index; 0 where it does not. */
  get place(): number {
    return this.#place;
  }

  /** The place of the index for compiled code, which knows no rows of bits; 0 for one with such, or where there is no room. Always told of in the same way. */
  placeIn(told: PlacedIndexes): number {
    const { memory } = told;
    if (this.#told !== undefined || this.#bits.length > 0 || this.size > told.left) {
      return this.#place;
    }
    this.#told = told;
    told.left -= this.size;
    const lists = this.#lists;
    const place = memory.allocate((INDEX.lists + lists.length * LIST_WORDS) * 4) / 4;
    this.#tests.placeIn(memory, place);
    const rest = memory.place(this.#rest);
    memory.words[place + INDEX.rest] = rest;
    memory.words[place + INDEX.restCount] = this.#rest.length;
    memory.words[place + INDEX.listCount] = lists.length;
    for (const [i, search] of lists.entries()) {
      const at = place + INDEX.lists + i * LIST_WORDS;
      search.lists.placeIn(memory, at);
      search.narrowedAt = memory.allocate(search.lists.rowCount * 4) / 4;
      memory.words[at + LIST.narrowed] = search.narrowedAt;
      for (const [row, narrowed] of search.narrowed) placeNarrowed(told, search, row, narrowed);
    }
    this.#place = place;
    return place;
  }

  /** The first condition from `from` on that the headers meet; -1 where they meet none. HOT */
  find(from: number, headers: HeaderValues): number {
    // A packet asks again behind what it has found elsewhere.
    if (headers.serial === this.#serial && from >= this.#from) {
      if (this.#found < 0 || this.#found >= from) return this.#found;
    }
    this.#serial = headers.serial;
    this.#from = from;
    const found = this.#search(from, headers);
    this.#found = found;
    return found;
  }

  /** HOT */
  #search(from: number, headers: HeaderValues): number {
    const size = this.#conditions.length;
    const lists = this.#lists;
    const bits = this.#bits;
    let first = size;
    for (let i = 0; i < lists.length; i++)
      first = this.#searchLists(lists[i]!, from, first, headers);
    first = this.#searchRest(from, first, headers);
    for (let i = 0; i < bits.length; i++) {
      const found = bits[i]!.find(from, headers);
      if (found >= 0 && found < first) first = found;
    }
    return first === size ? -1 : first;
  }

  /** The first from `from` on that is met, or `before` where none before that is. HOT */
  #searchLists(search: ListSearch, from: number, before: number, headers: HeaderValues): number {
    const { lists } = search;
    const tests = this.#tests;
    const row = lists.rowOf(valueIn(headers, lists.dimension));
    const end = lists.startOf(row + 1);
    let at = lists.startOf(row);
    if (end - at > LONG_LIST) {
      const narrowed = search.narrowed.get(row) ?? this.#narrow(search, row);
      if (narrowed !== 'none') return findNarrowed(narrowed, from, before, headers);
    }
    for (; at < end; at++) {
      const number = lists.numberAt(at);
      if (number >= before) return before;
      if (number >= from && tests.meets(number, headers)) return number;
    }
    return before;
  }

  /** HOT */
  #searchRest(from: number, before: number, headers: HeaderValues): number {
    const rest = this.#rest;
    const tests = this.#tests;
    for (let i = 0; i < rest.length; i++) {
      const number = rest[i]!;
      if (number >= before) return before;
      if (number >= from && tests.meets(number, headers)) return number;
    }
    return before;
  }

  /** Makes the index of a long list, whose conditions all hold in the dimension that it is a list of. */
  #narrow(search: ListSearch, row: number): Narrowed | 'none' {
    const { lists, narrowed } = search;
    const numbers = lists.listOf(row);
    const room = this.#room;
    let made: Narrowed | 'none' = 'none';
    if (numbers.length <= room.left) {
      room.left -= numbers.length;
      const { dimension } = lists;
      const conditions = Array.from(numbers, (number) => ({
        ...this.#conditions[number]!,
        [dimension]: undefined,
      }));
      made = { numbers, index: new RuleIndex(conditions, this.#addresses, room) };
    }
    narrowed.set(row, made);
    if (this.#told !== undefined) placeNarrowed(this.#told, search, row, made);
    return made;
  }
}

/** The lists of one dimension, with the indexes of the long ones that packets have come to, by row; 'none' where there is no room for one. */
interface ListSearch {
  readonly lists: CandidateLists;
  readonly narrowed: Map<number, Narrowed | 'none'>;
  /** For compiled code: the place of the words that tell of them, by row. */
  narrowedAt: number;
}

/** An index of some of the conditions, and the numbers that those have among all. */
interface Narrowed {
  readonly numbers: Int32Array;
  readonly index: RuleIndex;
}

/** Tells compiled code of the index of a long list; of one that it cannot use it knows nothing. */
function placeNarrowed(
  told: PlacedIndexes,
  { narrowedAt }: ListSearch,
  row: number,
  narrowed: Narrowed | 'none',
): void {
  const { memory } = told;
  if (narrowed === 'none') memory.words[narrowedAt + row] = -1;
  else {
    const index = narrowed.index.placeIn(told);
    if (index === 0) return;
    const numbers = memory.place(narrowed.numbers);
    const made = { numbers, count: narrowed.numbers.length, index };
    const place = memory.allocate(Object.keys(NARROWED).length * 4) / 4;
    for (const name of ['numbers', 'count', 'index'] as const) {
      memory.words[place + NARROWED[name]] = made[name];
    }
    memory.words[narrowedAt + row] = place;
  }
}

/** HOT */
function findNarrowed(
  { numbers, index }: Narrowed,
  from: number,
  before: number,
  headers: HeaderValues,
): number {
  let first = 0;
  while (first < numbers.length && numbers[first]! < from) first++;
  const found = index.find(first, headers);
  return found < 0 ? before : Math.min(before, numbers[found]!);
}

/** Lists of those of some conditions that ask about the dimension, and the other conditions; undefined where that is not worth while. */
function listsOf(
  conditions: readonly HeaderConditions[],
  numbers: readonly number[],
  dimension: Dimension,
  values: number,
): { readonly lists: CandidateLists; readonly rest: readonly number[] } | undefined {
  const asking = numbers.filter((number) => conditions[number]![dimension] !== undefined);
  if (asking.length < LISTED_FROM) return undefined;
  const asked = asking.map((number) => conditions[number]![dimension]!);
  const lists = new CandidateLists(dimension, asking, asked, values);
  if (asking.length - lists.left.length < LISTED_FROM) return undefined;
  const others = numbers.filter((number) => conditions[number]![dimension] === undefined);
  return { lists, rest: [...others, ...lists.left].sort((a, b) => a - b) };
}

/** Conditions that ask about the same dimension are put together. A dimension leads that tells the most apart, ports first. */
function bitsOf(
  conditions: readonly HeaderConditions[],
  numbers: readonly number[],
  addresses: number,
): BitIndex[] {
  const places: Record<Dimension, number[]> = {
    key: [],
    source: [],
    destination: [],
    sourcePort: [],
  };
  for (const number of numbers) {
    const one = conditions[number]!;
    const leading = DIMENSIONS.find((dimension) => one[dimension] !== undefined) ?? 'key';
    places[leading].push(number);
  }
  return DIMENSIONS.filter((dimension) => places[dimension].length > 0).map(
    (dimension) => new BitIndex(conditions, places[dimension], dimension, addresses),
  );
}

/** HOT */
function valueIn(headers: HeaderValues, dimension: Dimension): number {
  if (dimension === 'key') return headers.key;
  if (dimension === 'source') return headers.source;
  return dimension === 'destination' ? headers.destination : headers.sourcePort;
}
