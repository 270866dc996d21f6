/** Times of captures as seconds since their first packet. The kernel's clock does not go back where a capture's does. */
export class CaptureClock {
  /** Of the latest packet. */
  timeSeconds = 0;
  /** Of the first packet, since 1970. */
  firstSeconds = 0;
  firstNanoseconds = 0;
  #hasBegun = false;

  /** Goes on to a packet's time, given since 1970, and returns it. HOT */
  read(seconds: number, nanoseconds: number): number {
    this.begin(seconds, nanoseconds);
    const time =
      seconds - this.firstSeconds + (nanoseconds - this.firstNanoseconds) / 1_000_000_000;
    if (time > this.timeSeconds) this.timeSeconds = time;
    return this.timeSeconds;
  }

  /** Begins with a packet that need not be asked about. */
  begin(seconds: number, nanoseconds: number): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.firstSeconds = seconds;
    this.firstNanoseconds = nanoseconds;
  }
}
