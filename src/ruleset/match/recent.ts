import type { IpAddress } from '../../address/ip-address.ts';
import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { ADDRESS, maskLength, maskOfLength } from '../option/address-codecs.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { nameUpTo } from '../option/text-codecs.ts';
import { isUnsigned, not } from '../restore-text.ts';
import { renderStoredAddress } from '../stored-address.ts';

/**
 * `-m recent`: `set` always matches, and puts the address into the list; the others depend on packets seen before, so they are followed both
 * ways. What is left out: nothing asked of hits and TTL, the whole source address.
 */
export interface RecentMatch {
  readonly kind: 'recent';
  readonly mode: 'rcheck' | 'set' | 'update' | 'remove';
  readonly name: string;
  readonly seconds: number | undefined;
  readonly negated?: boolean | undefined;
  readonly reap?: boolean | undefined;
  readonly hitCount?: number | undefined;
  readonly sameTtl?: boolean | undefined;
  readonly mask?: IpAddress | undefined;
  readonly side?: 'destination' | undefined;
}

const LIST_NAME = nameUpTo(199);
const NUMBER = numberUpTo(0xffffffff);

/** Checks and writes `-m recent --rcheck --seconds 10800`. */
export const recentMatch: Definition<RecentMatch> = {
  kind: 'recent',
  validate: ({ name, seconds, hitCount, mask }, { family }) => {
    if (LIST_NAME.parse(name, family) === undefined) {
      return 'a recent list name that iptables cannot take';
    }
    if (seconds !== undefined && !isUnsigned(seconds, 0xffffffff)) return `${seconds} seconds`;
    if (hitCount !== undefined && !isUnsigned(hitCount, 0xffffffff)) return `${hitCount} hits`;
    return mask !== undefined && mask.family !== family ? 'a mask of another family' : undefined;
  },
  render: (match, { family }) => {
    const mask = match.mask ?? maskOfLength(family === 4 ? 32 : 128, family);
    return [
      `-m recent ${not(match.negated === true)}--${match.mode}`,
      ...(match.seconds === undefined ? [] : [`--seconds ${match.seconds}`]),
      ...(match.reap ? ['--reap'] : []),
      ...(match.hitCount === undefined ? [] : [`--hitcount ${match.hitCount}`]),
      ...(match.sameTtl ? ['--rttl'] : []),
      `--name ${match.name} --mask ${renderStoredAddress(mask)}`,
      match.side === undefined ? '--rsource' : '--rdest',
    ].join(' ');
  },
};

const MODES = ['set', 'rcheck', 'update', 'remove'] as const;

/** Reads `-m recent`. */
export const recentExtension: Extension<RecentMatch> = {
  name: 'recent',
  options: [
    ...MODES.map((mode) => ({ flag: `--${mode}`, words: 0 as const, negatable: true })),
    { flag: '--seconds', words: 1 },
    { flag: '--reap', words: 0 },
    { flag: '--hitcount', words: 1 },
    { flag: '--rttl', words: 0 },
    { flag: '--name', words: 1 },
    { flag: '--mask', words: 1 },
    { flag: '--rsource', words: 0 },
    { flag: '--rdest', words: 0 },
  ],
  parse: (given, context) => {
    const [mode, ...others] = MODES.filter((one) => given.has(`--${one}`));
    if (mode === undefined || others.length > 0) {
      throw given.refusal('recent needs exactly one of --set, --rcheck, --update and --remove');
    }
    const [seconds, hits, name, mask] = ['--seconds', '--hitcount', '--name', '--mask'].map(
      (flag) => given.find(flag),
    );
    if (given.has('--reap') && seconds === undefined) throw given.refusal('--reap needs --seconds');
    const whole = context.family === 4 ? 32 : 128;
    const written = mask && readValue(given, mask, ADDRESS, context);
    return [
      {
        kind: 'recent',
        mode,
        name: name === undefined ? 'DEFAULT' : readValue(given, name, LIST_NAME, context),
        seconds: seconds && readValue(given, seconds, NUMBER, context),
        ...(given.isNegated(`--${mode}`) ? { negated: true } : {}),
        ...(given.has('--reap') ? { reap: true } : {}),
        ...(hits && { hitCount: readValue(given, hits, NUMBER, context) }),
        ...(given.has('--rttl') ? { sameTtl: true } : {}),
        ...(written && maskLength(written) !== whole ? { mask: written } : {}),
        ...(given.has('--rdest') ? { side: 'destination' as const } : {}),
      },
    ];
  },
};
