/** Histories that are kept; past that all are forgotten and found again. */
const MOST = 1_000_000;

/** Numbers of events stay below. */
const EVENTS = 2 ** 26;

/**
 * Numbers for what has happened to packets on their way, event after event: packets of one history have met the same rules. Every history
 * may carry one number, such as what came of it.
 */
export class Histories {
  readonly #next: Map<number, number> = new Map();
  // The latest history that an event happened to, and what that led to.
  #latestFrom: Int32Array = new Int32Array(4096).fill(-1);
  #latestTo: Int32Array = new Int32Array(4096);
  #values: Int32Array = new Int32Array(4096).fill(-1);
  #count = 1;

  /** The history of a packet to which nothing has happened. Call before each packet. */
  begin(): number {
    if (this.#count > MOST) this.#forget();
    return 0;
  }

  /** The history with one more event; events are numbered from 0. HOT */
  after(history: number, event: number): number {
    if (event >= this.#latestFrom.length) this.#growEvents(event);
    if (this.#latestFrom[event] === history) return this.#latestTo[event]!;
    const key = history * EVENTS + event;
    let to = this.#next.get(key);
    if (to === undefined) {
      to = this.#count++;
      this.#next.set(key, to);
    }
    this.#latestFrom[event] = history;
    this.#latestTo[event] = to;
    return to;
  }

  /** What was set for the history; -1 where nothing was. HOT */
  valueOf(history: number): number {
    return history < this.#values.length ? this.#values[history]! : -1;
  }

  setValue(history: number, value: number): void {
    if (history >= this.#values.length) {
      this.#values = longer(this.#values, Math.max(history + 1, this.#values.length * 2));
    }
    this.#values[history] = value;
  }

  #growEvents(event: number): void {
    const length = Math.max(event + 1, this.#latestFrom.length * 2);
    this.#latestFrom = longer(this.#latestFrom, length);
    this.#latestTo = longer(this.#latestTo, length);
  }

  #forget(): void {
    this.#next.clear();
    this.#latestFrom.fill(-1);
    this.#values.fill(-1);
    this.#count = 1;
  }
}

function longer(words: Int32Array, length: number): Int32Array {
  const copy = new Int32Array(length).fill(-1);
  copy.set(words);
  return copy;
}
