import type { Definition } from '../definition.ts';
import { isUnsigned } from '../restore-text.ts';

/** `-m recent`: depends on packets seen before, so `rcheck` is followed both ways; `set` always matches. */
export interface RecentMatch {
  readonly kind: 'recent';
  readonly mode: 'rcheck' | 'set';
  readonly name: string;
  readonly seconds: number | undefined;
}

/** Checks and writes `-m recent --rcheck --seconds 10800`. */
export const recentMatch: Definition<RecentMatch> = {
  kind: 'recent',
  validate: ({ name, seconds }) => {
    if (!/^[A-Za-z0-9_.-]{1,199}$/.test(name))
      return 'a recent list name that iptables cannot take';
    if (seconds !== undefined && !isUnsigned(seconds, 0xffffffff)) return `${seconds} seconds`;
    return undefined;
  },
  render: ({ mode, name, seconds }, { family }) => {
    const mask = family === 4 ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    const window = seconds === undefined ? '' : ` --seconds ${seconds}`;
    return `-m recent --${mode}${window} --name ${name} --mask ${mask} --rsource`;
  },
};
