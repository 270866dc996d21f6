/** Of so many connections one at least is kept in the queue. */
const SHARE = 16;

const FEWEST = 1024;

/**
 * Which connections expire next, so that a full table need not be looked through for every packet. What is refreshed or made after the
 * table was looked through is only known by the earliest of it.
 */
export class ExpiryQueue {
  /** No connection that is not in the queue expires before. */
  #othersFromMs: number = Number.POSITIVE_INFINITY;
  /** In the order in which they were to expire. */
  #records: Int32Array = new Int32Array(0);
  #times: Float64Array = new Float64Array(0);
  #next = 0;

  /** Call after a connection's expiry has changed. HOT */
  note(expiresAtMs: number): void {
    if (expiresAtMs < this.#othersFromMs) this.#othersFromMs = expiresAtMs;
  }

  /** Whether the table must be looked through to know what has expired. */
  mustLookThrough(nowMs: number): boolean {
    return nowMs >= this.#othersFromMs;
  }

  /** The next record that was to expire by now; -1 when there is none. It may have been refreshed, or be another connection's. */
  take(nowMs: number): number {
    if (this.#next === this.#records.length || this.#times[this.#next]! > nowMs) return -1;
    return this.#records[this.#next++]!;
  }

  /** Fills the queue anew: `records` are all there are, and when they expire. */
  fill(records: Int32Array, expireAtMs: Float64Array): void {
    const most = Math.max(FEWEST, Math.ceil(records.length / SHARE));
    const sorted = expireAtMs.slice().sort();
    const isAll = sorted.length <= most;
    // Those that expire together are all in it or none.
    this.#othersFromMs = isAll ? Number.POSITIVE_INFINITY : sorted[most]!;
    const order = Int32Array.from(records.keys())
      .filter((place) => expireAtMs[place]! < this.#othersFromMs)
      .sort((a, b) => expireAtMs[a]! - expireAtMs[b]!);
    this.#records = order.map((place) => records[place]!);
    this.#times = Float64Array.from(order, (place) => expireAtMs[place]!);
    this.#next = 0;
  }
}
