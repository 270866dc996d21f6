import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { TOS } from '../option/traffic-class-codecs.ts';
import { isUnsigned } from '../restore-text.ts';

/** `TOS`: `tos = (tos & ~mask) ^ value`, of the TOS byte or of the traffic class; evaluation goes on. */
export interface TosTarget {
  readonly kind: 'tos';
  readonly value: number;
  readonly mask: number;
}

/** Reads, checks and writes `-j TOS --set-tos 0x10/0x3f`; table mangle only. */
export const tosTarget: Definition<TosTarget> & Extension<TosTarget> = {
  kind: 'tos',
  validate: ({ value, mask }, { table }) => {
    if (table !== undefined && table !== 'mangle') return `TOS in table ${table}`;
    return isUnsigned(value, 255) && isUnsigned(mask, 255)
      ? undefined
      : 'a TOS of more than a byte';
  },
  render: ({ value, mask }, { family }) =>
    `-j TOS --set-tos ${TOS.render({ value, mask }, family)}`,
  name: 'TOS',
  options: ['--set-tos', '--and-tos', '--or-tos', '--xor-tos'].map((flag) => ({ flag, words: 1 })),
  parse: (given, context) => {
    const [option, ...others] = given.all;
    if (option === undefined || others.length > 0) {
      throw given.refusal('TOS needs exactly one of --set-tos, --and-tos, --or-tos and --xor-tos');
    }
    if (option.flag === '--set-tos') {
      return [{ kind: 'tos', ...readValue(given, option, TOS, context) }];
    }
    const bits = readValue(given, option, numberUpTo(255), context);
    if (option.flag === '--and-tos') return [{ kind: 'tos', value: 0, mask: ~bits & 255 }];
    return [{ kind: 'tos', value: bits, mask: option.flag === '--or-tos' ? bits : 0 }];
  },
};
