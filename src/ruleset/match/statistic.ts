import type { Definition } from '../definition.ts';

/** `-m statistic --mode random`: chance decides, so the simulation follows both ways. */
export interface StatisticMatch {
  readonly kind: 'statistic';
  readonly probability: number;
}

/** The kernel keeps a probability in 31 bits. Source: libxt_statistic.c, iptables 1.8.9. */
const WHOLE = 2 ** 31;

/** Checks and writes `-m statistic --mode random --probability 0.5`. */
export const statisticMatch: Definition<StatisticMatch> = {
  kind: 'statistic',
  validate: ({ probability }) =>
    probability >= 0 && probability <= 1 ? undefined : `probability ${probability}`,
  render: ({ probability }) => {
    const stored = Math.round(probability * WHOLE) / WHOLE;
    return `-m statistic --mode random --probability ${stored.toFixed(11)}`;
  },
};
