import { assertNever } from '../../source/never.ts';
import {
  addAll,
  type Bitmap,
  complement,
  emptyBitmap,
  fullBitmap,
  intersect,
  numbersOf,
  unite,
} from './bitmap.ts';
import { evaluateSelector } from './evaluate-selector.ts';
import type { Labels, Selector } from './selector.ts';

/** One label: which items carry it, and with which value. Item numbers are ascending. */
interface LabelPostings {
  readonly byValue: Map<string, number[]>;
  /** Made when it is first needed. */
  present: Bitmap | undefined;
  /** Bitmaps of values that many items share; fewer than 32 a label, see `DENSE_SHARE`. */
  readonly dense: Map<string, Bitmap>;
}

/** A value that more than this share of the items carry keeps its bitmap, which is no larger than its list then. */
const DENSE_SHARE = 1 / 32;

/**
 * How many items one word operation of a bitmap is worth: with fewer candidates than this share of all items, testing each by
 * itself is quicker than bitmaps over all of them.
 */
const ITEMS_PER_CANDIDATE = 256;

const NONE: readonly number[] = [];

/**
 * Answers which of many labelled items a selector picks, without looking at every item.
 *
 * The result is that of `evaluateSelector` over all items, in their order. Cost: a few words of a bitmap per 32 items and
 * comparison, or only the items of the rarest value where a comparison makes the rest impossible. `contains`, `starts with` and
 * `ends with` look at every distinct value of their label.
 */
export class LabelIndex<T> {
  private readonly items: readonly T[];
  private readonly labels: readonly Labels[];
  private readonly postings: Map<string, LabelPostings> = new Map();

  constructor(items: readonly T[], labelsOf: (item: T) => Labels) {
    this.items = items;
    this.labels = items.map(labelsOf);
    for (let n = 0; n < items.length; n++) {
      for (const [label, value] of this.labels[n] as Labels) this.add(label, value, n);
    }
  }

  /** The items that the selector picks, in the order that they were given. The array is the caller's to keep, not to change. */
  matching(selector: Selector): readonly T[] {
    if (selector.kind === 'all' || selector.kind === 'global') return this.items;
    if (selector.kind === 'equals') {
      return this.itemsOf(this.withValue(selector.label, selector.value));
    }
    const candidates = this.candidates(selector);
    const numbers =
      candidates !== undefined && candidates.length * ITEMS_PER_CANDIDATE < this.items.length
        ? candidates.filter((n) => evaluateSelector(selector, this.labels[n] as Labels))
        : numbersOf(this.bitsOf(selector));
    return this.itemsOf(numbers);
  }

  private itemsOf(numbers: readonly number[]): readonly T[] {
    return numbers.map((n) => this.items[n] as T);
  }

  private add(label: string, value: string, n: number): void {
    let postings = this.postings.get(label);
    if (postings === undefined) {
      postings = { byValue: new Map(), present: undefined, dense: new Map() };
      this.postings.set(label, postings);
    }
    const numbers = postings.byValue.get(value);
    if (numbers === undefined) postings.byValue.set(value, [n]);
    else numbers.push(n);
  }

  /** Ascending numbers of items outside which the selector picks nothing; undefined when no short list is at hand. */
  private candidates(selector: Selector): readonly number[] | undefined {
    if (selector.kind === 'equals') return this.withValue(selector.label, selector.value);
    if (selector.kind === 'in' && selector.values.length === 0) return NONE;
    if (selector.kind === 'in' && selector.values.length === 1) {
      return this.withValue(selector.label, selector.values[0] as string);
    }
    if (selector.kind !== 'and') return undefined;
    let shortest: readonly number[] | undefined;
    for (const operand of selector.operands) {
      const candidates = this.candidates(operand);
      if (candidates === undefined) continue;
      if (shortest === undefined || candidates.length < shortest.length) shortest = candidates;
    }
    return shortest;
  }

  private withValue(label: string, value: string): readonly number[] {
    return this.postings.get(label)?.byValue.get(value) ?? NONE;
  }

  /** A fresh bitmap, which the caller may change. */
  private bitsOf(selector: Selector): Bitmap {
    const size = this.items.length;
    switch (selector.kind) {
      case 'all':
      case 'global':
        return fullBitmap(size);
      case 'has':
        return this.present(selector.label).slice();
      case 'equals':
        return this.union(selector.label, [selector.value]);
      case 'not-equals':
        return this.outside(this.union(selector.label, [selector.value]));
      case 'contains':
        return this.withValueThat(selector.label, (value) => value.includes(selector.value));
      case 'starts-with':
        return this.withValueThat(selector.label, (value) => value.startsWith(selector.value));
      case 'ends-with':
        return this.withValueThat(selector.label, (value) => value.endsWith(selector.value));
      case 'in':
        return this.union(selector.label, selector.values);
      case 'not-in':
        return this.outside(this.union(selector.label, selector.values));
      case 'not':
        return this.outside(this.bitsOf(selector.operand));
      case 'and':
        return this.intersection(selector.operands);
      case 'or': {
        const bits = emptyBitmap(size);
        for (const operand of selector.operands) unite(bits, this.bitsOf(operand));
        return bits;
      }
      default:
        return assertNever(selector);
    }
  }

  private intersection(operands: readonly Selector[]): Bitmap {
    const bits = fullBitmap(this.items.length);
    for (const operand of operands) if (!intersect(bits, this.bitsOf(operand))) break;
    return bits;
  }

  /** The items with any of the values. */
  private union(label: string, values: Iterable<string>): Bitmap {
    const bits = emptyBitmap(this.items.length);
    const postings = this.postings.get(label);
    if (postings === undefined) return bits;
    for (const value of values) {
      const numbers = postings.byValue.get(value);
      if (numbers === undefined) continue;
      if (numbers.length > this.items.length * DENSE_SHARE) {
        unite(bits, this.denseBits(postings, value, numbers));
      } else addAll(bits, numbers);
    }
    return bits;
  }

  private denseBits(postings: LabelPostings, value: string, numbers: readonly number[]): Bitmap {
    let bits = postings.dense.get(value);
    if (bits === undefined) {
      bits = emptyBitmap(this.items.length);
      addAll(bits, numbers);
      postings.dense.set(value, bits);
    }
    return bits;
  }

  private outside(bits: Bitmap): Bitmap {
    complement(bits, this.items.length);
    return bits;
  }

  private withValueThat(label: string, test: (value: string) => boolean): Bitmap {
    const values = [...(this.postings.get(label)?.byValue.keys() ?? [])];
    return this.union(label, values.filter(test));
  }

  private present(label: string): Bitmap {
    const postings = this.postings.get(label);
    if (postings === undefined) return emptyBitmap(this.items.length);
    postings.present ??= this.union(label, postings.byValue.keys());
    return postings.present;
  }
}
