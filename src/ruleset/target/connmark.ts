import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { MASKED, numberUpTo, parseUnsigned } from '../option/number-codecs.ts';
import { isUnsigned, renderHex } from '../restore-text.ts';
import { readMarkChange } from './mark.ts';

/**
 * `CONNMARK`; evaluation goes on.
 *
 * `set`: `ct = (ct & ~mask) ^ value`. `save`: `ct = (ct & ~ctMask) ^ (nf & nfMask)`. `restore`: `nf = (nf & ~nfMask) ^ (ct & ctMask)`. With a shift
 * the value that goes over is shifted first, to the right where it is below 0.
 */
export type ConnmarkTarget =
  | {
      readonly kind: 'connmark';
      readonly operation: 'set';
      readonly value: number;
      readonly mask: number;
      readonly shift: number;
    }
  | {
      readonly kind: 'connmark';
      readonly operation: 'save' | 'restore';
      readonly ctMask: number;
      readonly nfMask: number;
      readonly shift: number;
    };

const ALL_BITS = 0xffffffff;

/** Reads, checks and writes `-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff`. */
export const connmarkTarget: Definition<ConnmarkTarget> & Extension<ConnmarkTarget> = {
  kind: 'connmark',
  validate: (target) => {
    const numbers =
      target.operation === 'set' ? [target.value, target.mask] : [target.ctMask, target.nfMask];
    if (!numbers.every((number) => isUnsigned(number, ALL_BITS)))
      return 'a mark of more than 32 bits';
    return isUnsigned(Math.abs(target.shift), 31) ? undefined : `a shift by ${target.shift}`;
  },
  render: (target) => {
    const shift =
      target.shift === 0
        ? ''
        : ` --${target.shift > 0 ? 'left' : 'right'}-shift-mark ${Math.abs(target.shift)}`;
    const operation =
      target.operation === 'set'
        ? `--set-xmark ${renderHex(target.value)}/${renderHex(target.mask)}`
        : `--${target.operation}-mark --nfmask ${renderHex(target.nfMask)} --ctmask ${renderHex(target.ctMask)}`;
    return `-j CONNMARK ${operation}${shift}`;
  },
  name: 'CONNMARK',
  options: [
    { flag: '--save-mark', words: 0 },
    { flag: '--restore-mark', words: 0 },
    ...[
      '--set-xmark',
      '--set-mark',
      '--and-mark',
      '--or-mark',
      '--xor-mark',
      '--ctmask',
      '--nfmask',
      '--mask',
      '--left-shift-mark',
      '--right-shift-mark',
    ].map((flag) => ({ flag, words: 1 as const })),
  ],
  parse: (given, context) => {
    const operations = given.all.filter(({ flag }) =>
      /^--(?:save|restore|set|and|or|xor)-/.test(flag),
    );
    const [operation, ...others] = operations;
    if (operation === undefined || others.length > 0) {
      throw given.refusal(
        'CONNMARK needs exactly one of --set-xmark, --save-mark and --restore-mark',
      );
    }
    const shift = readShift(given, context);
    if (operation.flag !== '--save-mark' && operation.flag !== '--restore-mark') {
      const change = readMarkChange(given, operation, context);
      return [{ kind: 'connmark', operation: 'set', ...change, shift }];
    }
    const both = readMask(given, given.find('--mask'));
    return [
      {
        kind: 'connmark',
        operation: operation.flag === '--save-mark' ? 'save' : 'restore',
        ctMask: readMask(given, given.find('--ctmask')) ?? both ?? ALL_BITS,
        nfMask: readMask(given, given.find('--nfmask')) ?? both ?? ALL_BITS,
        shift,
      },
    ];
  },
};

function readMask(given: GivenOptions, option: GivenOption | undefined): number | undefined {
  if (option === undefined) return undefined;
  const mask = parseUnsigned(option.words[0] ?? '');
  if (mask === undefined) throw given.refusal(`${option.flag} needs ${MASKED.wanted}`, option);
  return mask;
}

function readShift(given: GivenOptions, context: RuleContext): number {
  const [left, right] = [given.find('--left-shift-mark'), given.find('--right-shift-mark')];
  if (left !== undefined) return readValue(given, left, numberUpTo(31), context);
  return right === undefined ? 0 : -readValue(given, right, numberUpTo(31), context);
}
