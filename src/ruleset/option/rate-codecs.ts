import type { Codec } from './codec.ts';

/** The units of a rate in ten-thousandths of a second. Source: xt_limit.h, XT_LIMIT_SCALE. */
const PERIODS: readonly [string, number][] = [
  ['day', 864000000],
  ['hour', 36000000],
  ['min', 600000],
  ['sec', 10000],
];

/** The kernel keeps a rate as the time between two packets, so that no more than 10,000 a second can be told apart. */
const MOST_PER_SECOND = 10000;

/** `10/sec`, `600/minute`, `5`: packets in a time, in the unit that iptables-save prints. */
export const RATE: Codec<string> = rateCodec(10000, MOST_PER_SECOND);

/** The same for hashlimit, which counts in millionths of a second. */
export const FINE_RATE: Codec<string> = rateCodec(1000000, 1000000);

/** Bytes in a second, such as `512kb/s`. */
export const BYTE_RATE: Codec<string> = {
  parse: (text) => {
    const found = /^(\d{1,10})([kmg]?)b\/s$/i.exec(text);
    return found === null ? undefined : `${Number(found[1])}${found[2]?.toLowerCase()}b/s`;
  },
  render: (rate) => rate,
  wanted: 'a number of bytes in a second, such as 512kb/s',
};

function rateCodec(scale: number, mostPerSecond: number): Codec<string> {
  return {
    parse: (text) => {
      const found = /^(\d{1,7})(?:\/([a-z]+))?$/i.exec(text);
      const unit = found?.[2]?.toLowerCase() ?? 'second';
      const count = Number(found?.[1] ?? 0);
      const period = PERIODS.find(([name]) =>
        (name === 'min' ? 'minute' : name === 'sec' ? 'second' : name).startsWith(unit),
      );
      if (found === null || count === 0 || period === undefined) return undefined;
      const between = Math.floor(((period[1] / 10000) * scale) / count);
      if (between < 1 || count / (period[1] / 10000) > mostPerSecond) return undefined;
      return renderRate(between, scale);
    },
    render: (rate) => rate,
    wanted: 'a rate such as 10/sec, 5/min, 3/hour or 1/day',
  };
}

/** The largest unit in which the time between two packets is a whole number of packets. Source: print_rate, libxt_limit.c, iptables 1.8.9. */
function renderRate(between: number, scale: number): string {
  let best = PERIODS[0] as [string, number];
  for (const period of PERIODS.slice(1)) {
    const units = (period[1] / 10000) * scale;
    if (between > units || units / between < units % between) break;
    best = period;
  }
  return `${Math.floor(((best[1] / 10000) * scale) / between)}/${best[0]}`;
}
