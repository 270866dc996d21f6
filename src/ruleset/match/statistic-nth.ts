import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m statistic --mode nth`: of every `every` packets that come to it, the one numbered `packet` from 0. */
export interface StatisticNthMatch {
  readonly kind: 'statistic-nth';
  readonly every: number;
  readonly packet: number;
  readonly negated: boolean;
}

/** Checks and writes `-m statistic --mode nth --every 3 --packet 0`. */
export const statisticNthMatch: Definition<StatisticNthMatch> = {
  kind: 'statistic-nth',
  validate: ({ every, packet }) =>
    isUnsigned(every, 0xffffffff) && every > 0 && isUnsigned(packet, every - 1)
      ? undefined
      : `packet ${packet} of every ${every}`,
  render: ({ every, packet, negated }) =>
    `-m statistic --mode nth ${not(negated)}--every ${every} --packet ${packet}`,
};
