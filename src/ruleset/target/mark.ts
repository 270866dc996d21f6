import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { MASKED, numberUpTo } from '../option/number-codecs.ts';
import { isUnsigned, renderHex } from '../restore-text.ts';

/** `MARK --set-xmark value/mask`: `mark = (mark & ~mask) ^ value`. */
export interface MarkTarget {
  readonly kind: 'mark';
  readonly value: number;
  readonly mask: number;
}

/** Checks and writes `-j MARK --set-xmark 0x1/0x1`. */
export const markTarget: Definition<MarkTarget> = {
  kind: 'mark',
  validate: ({ value, mask }) =>
    isUnsigned(value, 0xffffffff) && isUnsigned(mask, 0xffffffff)
      ? undefined
      : 'a mark of more than 32 bits',
  render: ({ value, mask }) => `-j MARK --set-xmark ${renderHex(value)}/${renderHex(mask)}`,
};

const ALL_BITS = 0xffffffff;

/** Every spelling of MARK and CONNMARK, one of which a rule may have. */
const CHANGES = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'] as const;

/** Reads `-j MARK`. */
export const markTargetExtension: Extension<MarkTarget> = {
  name: 'MARK',
  options: CHANGES.map((flag) => ({ flag, words: 1 })),
  parse: (given, context) => {
    const [option, ...others] = given.all;
    if (option === undefined || others.length > 0) {
      throw given.refusal(`MARK needs exactly one of ${CHANGES.join(', ')}`);
    }
    return [{ kind: 'mark', ...readMarkChange(given, option, context) }];
  },
};

/**
 * What an option of MARK or CONNMARK does, as `mark = (mark & ~mask) ^ value`. Source: netfilter-facts 2.
 *
 * @throws RefusedRule for anything but a mark.
 */
export function readMarkChange(
  given: GivenOptions,
  option: GivenOption,
  context: RuleContext,
): { readonly value: number; readonly mask: number } {
  if (option.flag === '--set-xmark' || option.flag === '--set-mark') {
    const { value, mask } = readValue(given, option, MASKED, context);
    return { value, mask: option.flag === '--set-mark' ? (value | mask) >>> 0 : mask };
  }
  const bits = readValue(given, option, numberUpTo(ALL_BITS), context);
  if (option.flag === '--and-mark') return { value: 0, mask: ~bits >>> 0 };
  return { value: bits, mask: option.flag === '--or-mark' ? bits : 0 };
}
