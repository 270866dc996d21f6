import {
  bothConditions,
  type Dimension,
  type HeaderConditions,
  NO_CONDITIONS,
} from './header-conditions.ts';
import { intersectionOf, type Ranges } from './ranges.ts';

/** Conditions any of which is enough. */
export type Conditions = readonly HeaderConditions[];

/** How many address and port pairs of a set a rule may be split into. */
const MOST_ALTERNATIVES = 1024;

/** What the matches of one rule ask of headers, while it is put together. */
export class ConditionBuilder {
  #source: Ranges | undefined;
  #destination: Ranges | undefined;
  #sourcePort: Ranges | undefined;
  #key: Ranges | undefined;
  #split: readonly Partial<Record<Dimension, Ranges>>[] | undefined;
  certain = true;
  /** Whether no packet can meet them. */
  isEmpty = false;

  clear(): void {
    this.#source = undefined;
    this.#destination = undefined;
    this.#sourcePort = undefined;
    this.#key = undefined;
    this.#split = undefined;
    this.certain = true;
    this.isEmpty = false;
  }

  restrict(side: Dimension, ranges: Ranges): void {
    let both = ranges;
    switch (side) {
      case 'source':
        both = intersectionOf(this.#source, ranges);
        this.#source = both;
        break;
      case 'destination':
        both = intersectionOf(this.#destination, ranges);
        this.#destination = both;
        break;
      case 'sourcePort':
        both = intersectionOf(this.#sourcePort, ranges);
        this.#sourcePort = both;
        break;
      case 'key':
        both = intersectionOf(this.#key, ranges);
        this.#key = both;
    }
    if (both.length === 0) this.isEmpty = true;
  }

  /** Adds pairs of a port and addresses, any of which is enough; false where there are none. */
  split(addresses: Dimension, port: Dimension, pairs: ReadonlyMap<number, Ranges>): boolean {
    if (pairs.size === 0) return false;
    if (this.#split !== undefined || pairs.size > MOST_ALTERNATIVES) {
      this.certain = false;
      return true;
    }
    this.#split = [...pairs].map(([number, ranges]) => ({
      [addresses]: ranges,
      [port]: [number, number],
    }));
    return true;
  }

  alternatives(): Conditions {
    const { certain } = this;
    const asked: HeaderConditions = {
      source: this.#source,
      destination: this.#destination,
      sourcePort: this.#sourcePort,
      key: this.#key,
      certain,
    };
    if (this.#split === undefined) return [asked];
    const found: HeaderConditions[] = [];
    for (const one of this.#split) {
      const both = bothConditions(asked, { ...NO_CONDITIONS, ...one });
      if (both !== undefined) found.push(both);
    }
    return found;
  }
}
