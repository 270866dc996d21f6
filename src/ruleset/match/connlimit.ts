import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { isUnsigned } from '../restore-text.ts';
import type { Side } from './side.ts';

/** `-m connlimit`: how many connections the hosts of one block have. `above`: more than `count`, else at most `count`. */
export interface ConnlimitMatch {
  readonly kind: 'connlimit';
  readonly above: boolean;
  readonly count: number;
  readonly prefixLength: number;
  readonly side: Side;
}

/** Reads, checks and writes `-m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr`. */
export const connlimitMatch: Definition<ConnlimitMatch> & Extension<ConnlimitMatch> = {
  kind: 'connlimit',
  validate: ({ count, prefixLength }, { family }) => {
    if (!isUnsigned(count, 0xffffffff)) return `${count} connections`;
    return isUnsigned(prefixLength, family === 4 ? 32 : 128)
      ? undefined
      : `prefix length ${prefixLength}`;
  },
  render: ({ above, count, prefixLength, side }) =>
    `-m connlimit --connlimit-${above ? 'above' : 'upto'} ${count} --connlimit-mask ${prefixLength} --connlimit-${side === 'source' ? 'saddr' : 'daddr'}`,
  name: 'connlimit',
  options: [
    { flag: '--connlimit-above', words: 1, negatable: true },
    { flag: '--connlimit-upto', words: 1, negatable: true },
    { flag: '--connlimit-mask', words: 1 },
    { flag: '--connlimit-saddr', words: 0 },
    { flag: '--connlimit-daddr', words: 0 },
  ],
  parse: (given, context) => {
    const option = given.find('--connlimit-above') ?? given.find('--connlimit-upto');
    if (option === undefined || (given.has('--connlimit-above') && given.has('--connlimit-upto'))) {
      throw given.refusal('connlimit needs one of --connlimit-above and --connlimit-upto');
    }
    const longest = context.family === 4 ? 32 : 128;
    const mask = given.find('--connlimit-mask');
    return [
      {
        kind: 'connlimit',
        above: (option.flag === '--connlimit-above') !== option.negated,
        count: readValue(given, option, numberUpTo(0xffffffff), context),
        prefixLength:
          mask === undefined ? longest : readValue(given, mask, numberUpTo(longest), context),
        side: given.has('--connlimit-daddr') ? 'destination' : 'source',
      },
    ];
  },
};
