import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { RATE } from '../option/rate-codecs.ts';
import { isUnsigned } from '../restore-text.ts';

/** `-m limit`: a rate that the simulation does not measure, so it is followed both ways. */
export interface LimitMatch {
  readonly kind: 'limit';
  /** As iptables takes it, such as `10/min`. */
  readonly rate: string;
  readonly burst: number | undefined;
}

/** The burst that iptables assumes, and does not print. */
const DEFAULT_BURST = 5;

/** Checks and writes `-m limit --limit 10/sec --limit-burst 5`. */
export const limitMatch: Definition<LimitMatch> = {
  kind: 'limit',
  validate: ({ rate, burst }) => {
    if (!/^\d{1,5}\/(sec|min|hour|day)$/.test(rate)) return `limit rate ${rate}`;
    if (burst !== undefined && !isUnsigned(burst, 10000)) return `limit burst ${burst}`;
    return undefined;
  },
  render: ({ rate, burst }) =>
    burst === undefined || burst === DEFAULT_BURST
      ? `-m limit --limit ${rate}`
      : `-m limit --limit ${rate} --limit-burst ${burst}`,
};

/** What `-m limit` alone means. */
const DEFAULT_RATE = '3/hour';

/** Reads `-m limit`. */
export const limitExtension: Extension<LimitMatch> = {
  name: 'limit',
  options: [
    { flag: '--limit', words: 1 },
    { flag: '--limit-burst', words: 1 },
  ],
  parse: (given, context) => {
    const [rate, burst] = [given.find('--limit'), given.find('--limit-burst')];
    return [
      {
        kind: 'limit',
        rate: rate === undefined ? DEFAULT_RATE : readValue(given, rate, RATE, context),
        burst:
          burst === undefined ? DEFAULT_BURST : readValue(given, burst, numberUpTo(10000), context),
      },
    ];
  },
};
