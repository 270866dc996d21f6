import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { MASKED } from '../option/number-codecs.ts';
import { isUnsigned, not, renderHex } from '../restore-text.ts';

/** `-m mark --mark value/mask`: `(mark & mask) == value`; the value is not masked. */
export interface MarkMatch {
  readonly kind: 'mark';
  readonly value: number;
  readonly mask: number;
  readonly negated: boolean;
}

const ALL_BITS = 0xffffffff;

/** Checks and writes `-m mark --mark 0x1/0x1`. */
export const markMatch: Definition<MarkMatch> = {
  kind: 'mark',
  validate: ({ value, mask }) =>
    isUnsigned(value, ALL_BITS) && isUnsigned(mask, ALL_BITS)
      ? undefined
      : 'a mark of more than 32 bits',
  render: ({ value, mask, negated }) => {
    const text = mask === ALL_BITS ? renderHex(value) : `${renderHex(value)}/${renderHex(mask)}`;
    return `-m mark ${not(negated)}--mark ${text}`;
  },
};

/** Reads `-m mark`. */
export const markExtension: Extension<MarkMatch> = {
  name: 'mark',
  options: [{ flag: '--mark', words: 1, negatable: true }],
  parse: (given, context) => {
    const option = given.get('--mark');
    const { value, mask } = readValue(given, option, MASKED, context);
    return [{ kind: 'mark', value, mask, negated: option.negated }];
  },
};
