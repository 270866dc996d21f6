import type { Definition } from '../definition.ts';
import type { Extension } from '../extension.ts';
import { readValue } from '../extension.ts';
import { MASKED } from '../option/number-codecs.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m connmark --mark value/mask`: `(ctmark & mask) == value`; a packet without a connection does not match, negated or not. */
export interface ConnmarkMatch {
  readonly kind: 'connmark';
  readonly value: number;
  readonly mask: number;
  readonly negated: boolean;
}

/** Reads, checks and writes `-m connmark --mark 0x1/0x1`. */
export const connmarkMatch: Definition<ConnmarkMatch> & Extension<ConnmarkMatch> = {
  kind: 'connmark',
  validate: ({ value, mask }) =>
    isUnsigned(value, 0xffffffff) && isUnsigned(mask, 0xffffffff)
      ? undefined
      : 'a mark of more than 32 bits',
  render: ({ value, mask, negated }, { family }) =>
    `-m connmark ${not(negated)}--mark ${MASKED.render({ value, mask }, family)}`,
  name: 'connmark',
  options: [{ flag: '--mark', words: 1, negatable: true }],
  parse: (given, context) => {
    const option = given.get('--mark');
    const masked = readValue(given, option, MASKED, context);
    return [{ kind: 'connmark', ...masked, negated: option.negated }];
  },
};
