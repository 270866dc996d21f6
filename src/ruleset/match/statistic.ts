import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { oneOf } from '../option/text-codecs.ts';
import { not } from '../restore-text.ts';
import type { StatisticNthMatch } from './statistic-nth.ts';

/** `-m statistic --mode random`: chance decides, so the simulation follows both ways. */
export interface StatisticMatch {
  readonly kind: 'statistic';
  readonly probability: number;
  readonly negated?: boolean | undefined;
}

/** The kernel keeps a probability in 31 bits. Source: libxt_statistic.c, iptables 1.8.9. */
const WHOLE = 2 ** 31;

/** Checks and writes `-m statistic --mode random --probability 0.5`. */
export const statisticMatch: Definition<StatisticMatch> = {
  kind: 'statistic',
  validate: ({ probability }) =>
    probability >= 0 && probability <= 1 ? undefined : `probability ${probability}`,
  render: ({ probability, negated = false }) => {
    const stored = Math.round(probability * WHOLE) / WHOLE;
    return `-m statistic --mode random ${not(negated)}--probability ${stored.toFixed(11)}`;
  },
};

const MODE = oneOf(['random', 'nth']);
const EVERY = numberUpTo(0xffffffff, 1);

/** Reads `-m statistic` of both modes. */
export const statisticExtension: Extension<StatisticMatch | StatisticNthMatch> = {
  name: 'statistic',
  options: [
    { flag: '--mode', words: 1 },
    { flag: '--probability', words: 1, negatable: true },
    { flag: '--every', words: 1, negatable: true },
    { flag: '--packet', words: 1 },
  ],
  parse: (given, context) => {
    const mode = readValue(given, given.get('--mode'), MODE, context);
    if (mode === 'random') {
      const option = given.get('--probability');
      const probability = Number(option.words[0]);
      if (!/^[\d.]+(?:e-?\d+)?$/i.test(option.words[0] ?? '') || !(probability <= 1)) {
        throw given.refusal('--probability needs a number from 0 to 1', option);
      }
      // As the kernel keeps it, so that a rule that is read back is the same.
      const stored = Math.round(probability * WHOLE) / WHOLE;
      return [
        option.negated
          ? { kind: 'statistic', probability: stored, negated: true }
          : { kind: 'statistic', probability: stored },
      ];
    }
    const option = given.get('--every');
    const every = readValue(given, option, EVERY, context);
    const start = given.find('--packet');
    const packet =
      start === undefined ? 0 : readValue(given, start, numberUpTo(every - 1), context);
    return [{ kind: 'statistic-nth', every, packet, negated: option.negated }];
  },
};
