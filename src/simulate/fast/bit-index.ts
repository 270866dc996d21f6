import { type HeaderValues, holds } from './condition-tests.ts';
import { DimensionRows } from './dimension-rows.ts';
import {
  DIMENSIONS,
  type Dimension,
  type HeaderConditions,
  valuesOf,
} from './header-conditions.ts';

/** How many words the rows of one dimension may have, 16 MiB; a dimension that needs more is asked condition by condition. */
const MOST_WORDS = 2 ** 22;

/**
 * Conditions as rows of bits: what holds in many rows at once is found by looking at all dimensions together, word by word. The dimension that
 * leads leaves few of the words to be looked at.
 */
export class BitIndex {
  readonly #conditions: readonly HeaderConditions[];
  /** The conditions' places, ascending. */
  readonly #places: Int32Array;
  readonly #leading: Dimension;
  /** Undefined where it would need too much memory; then every condition is looked at. */
  readonly #leader: SparseRows | undefined;
  readonly #rows: readonly (DimensionRows | undefined)[];
  readonly #isAsked: readonly boolean[];

  /** Of those of the conditions that stand at `places`, ascending. */
  constructor(
    conditions: readonly HeaderConditions[],
    places: readonly number[],
    leading: Dimension,
    addresses: number,
  ) {
    this.#conditions = places.map((place) => conditions[place]!);
    this.#places = Int32Array.from(places);
    this.#leading = leading;
    const rowsOf = (dimension: Dimension): DimensionRows | undefined => {
      const ranges = this.#conditions.map((one) => one[dimension]);
      if (ranges.every((one) => one === undefined)) return undefined;
      return DimensionRows.of(ranges, valuesOf(dimension, addresses), MOST_WORDS);
    };
    const leader = rowsOf(leading);
    this.#leader = leader === undefined ? undefined : new SparseRows(leader);
    this.#rows = DIMENSIONS.map((dimension) =>
      dimension === leading ? undefined : rowsOf(dimension),
    );
    this.#isAsked = DIMENSIONS.map(
      (dimension, i) =>
        this.#rows[i] === undefined &&
        (dimension !== leading || leader === undefined) &&
        this.#conditions.some((one) => one[dimension] !== undefined),
    );
  }

  /** The place of the first condition from `from` on that the headers meet; -1 where they meet none. HOT */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over words that all dimensions share
  find(from: number, headers: HeaderValues): number {
    const places = this.#places;
    const leader = this.#leader;
    if (leader === undefined) return this.#askAll(from, headers);
    const [keys, sources, destinations, sourcePorts] = this.#rows as [
      DimensionRows?,
      DimensionRows?,
      DimensionRows?,
      DimensionRows?,
    ];
    const k = keys === undefined ? 0 : keys.rowOf(headers.key) * keys.words;
    const s = sources === undefined ? 0 : sources.rowOf(headers.source) * sources.words;
    const d =
      destinations === undefined ? 0 : destinations.rowOf(headers.destination) * destinations.words;
    const p =
      sourcePorts === undefined ? 0 : sourcePorts.rowOf(headers.sourcePort) * sourcePorts.words;
    const row = leader.rowOf(headers[this.#leading]);
    const end = leader.endOf(row);
    for (let i = leader.startOf(row); i < end; i++) {
      const word = leader.wordAt(i);
      let bits = leader.bitsAt(i);
      // The last of the word's conditions stands before.
      if (places[Math.min(places.length - 1, (word << 5) + 31)]! < from) continue;
      if (sources !== undefined) bits &= sources.bits[s + word]!;
      if (destinations !== undefined) bits &= destinations.bits[d + word]!;
      if (keys !== undefined) bits &= keys.bits[k + word]!;
      if (sourcePorts !== undefined) bits &= sourcePorts.bits[p + word]!;
      while (bits !== 0) {
        const found = (word << 5) + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const place = places[found]!;
        if (place >= from && this.#meets(found, headers)) return place;
      }
    }
    return -1;
  }

  #askAll(from: number, headers: HeaderValues): number {
    const places = this.#places;
    for (let i = 0; i < places.length; i++) {
      if (places[i]! >= from && this.#meets(i, headers)) return places[i]!;
    }
    return -1;
  }

  /** Whether headers meet what the rows do not say of a condition. HOT */
  #meets(number: number, headers: HeaderValues): boolean {
    const asked = this.#isAsked;
    const one = this.#conditions[number]!;
    return (
      (!asked[0] || holds(one.key, headers.key)) &&
      (!asked[1] || holds(one.source, headers.source)) &&
      (!asked[2] || holds(one.destination, headers.destination)) &&
      (!asked[3] || holds(one.sourcePort, headers.sourcePort))
    );
  }
}

/** The words of rows that are not 0. */
class SparseRows {
  readonly #rows: DimensionRows;
  readonly #starts: Int32Array;
  readonly #words: Int32Array;
  readonly #bits: Int32Array;

  constructor(rows: DimensionRows) {
    this.#rows = rows;
    const { bits, words } = rows;
    const starts = new Int32Array(rows.rows + 1);
    let count = 0;
    for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) count++;
    this.#words = new Int32Array(count);
    this.#bits = new Int32Array(count);
    let at = 0;
    for (let row = 0; row < rows.rows; row++) {
      for (let word = 0; word < words; word++) {
        const found = bits[row * words + word]!;
        if (found === 0) continue;
        this.#words[at] = word;
        this.#bits[at++] = found;
      }
      starts[row + 1] = at;
    }
    this.#starts = starts;
  }

  /** HOT */
  rowOf(value: number): number {
    return this.#rows.rowOf(value);
  }

  startOf(row: number): number {
    return this.#starts[row]!;
  }

  endOf(row: number): number {
    return this.#starts[row + 1]!;
  }

  /** Which word of the row it is. */
  wordAt(index: number): number {
    return this.#words[index]!;
  }

  bitsAt(index: number): number {
    return this.#bits[index]!;
  }
}
