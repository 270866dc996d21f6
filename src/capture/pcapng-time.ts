/** How an interface's timestamps count. */
export interface TimeScale {
  readonly unitsPerSecond: number;
  /** To be added. */
  readonly offsetSeconds: number;
}

/** Without an option: microseconds since 1970. */
export const MICROSECONDS: TimeScale = { unitsPerSecond: 1_000_000, offsetSeconds: 0 };

/** Units of a second that `if_tsresol` stands for: a power of ten, or of two where its upper bit is set. */
export function unitsPerSecond(resolution: number): number {
  return (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
}

/** Units that can be divided in two steps of 16 bits without leaving what a number holds exactly. */
const MOST_EXACT_UNITS = 2 ** 36;

/** Seconds and nanoseconds, filled anew for every packet. */
export class SplitTime {
  seconds = 0;
  nanoseconds = 0;

  /** Splits a count of units that is given as two 32-bit words, `high` first. HOT */
  set(high: number, low: number, { unitsPerSecond: units, offsetSeconds }: TimeScale): void {
    if (units > MOST_EXACT_UNITS) {
      this.#setSlowly(high, low, units, offsetSeconds);
      return;
    }
    const first = Math.floor(high / units);
    let rest = (high - first * units) * 0x10000 + (low >>> 16);
    const second = Math.floor(rest / units);
    rest = (rest - second * units) * 0x10000 + (low & 0xffff);
    const third = Math.floor(rest / units);
    rest -= third * units;
    this.seconds = first * 0x1_0000_0000 + second * 0x10000 + third + offsetSeconds;
    this.nanoseconds = Math.floor((rest * 1_000_000_000) / units);
  }

  #setSlowly(high: number, low: number, units: number, offsetSeconds: number): void {
    const count = (BigInt(high) << 32n) | BigInt(low);
    const perSecond = BigInt(units);
    this.seconds = Number(count / perSecond) + offsetSeconds;
    this.nanoseconds = Number(((count % perSecond) * 1_000_000_000n) / perSecond);
  }
}
