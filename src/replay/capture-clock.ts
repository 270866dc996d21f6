/** Times of captures as seconds since their first packet. The kernel's clock does not go back where a capture's does. */
export class CaptureClock {
  /** Of the latest packet. */
  timeSeconds = 0;
  #firstSeconds: number | undefined;
  #firstNanoseconds = 0;

  /** Goes on to a packet's time, given since 1970, and returns it. HOT */
  read(seconds: number, nanoseconds: number): number {
    if (this.#firstSeconds === undefined) this.#begin(seconds, nanoseconds);
    const time =
      seconds - this.#firstSeconds! + (nanoseconds - this.#firstNanoseconds) / 1_000_000_000;
    if (time > this.timeSeconds) this.timeSeconds = time;
    return this.timeSeconds;
  }

  /** Begins with a packet that need not be asked about. */
  begin(seconds: number, nanoseconds: number): void {
    if (this.#firstSeconds === undefined) this.#begin(seconds, nanoseconds);
  }

  #begin(seconds: number, nanoseconds: number): void {
    this.#firstSeconds = seconds;
    this.#firstNanoseconds = nanoseconds;
  }
}
