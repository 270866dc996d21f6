import { renderHex } from '../restore-text.ts';
import type { Codec } from './codec.ts';

/** A value and the bits that it is about. */
export interface Masked {
  readonly value: number;
  readonly mask: number;
}

/** Numbers from `first` to `last`, both included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

const ALL_BITS = 0xffffffff;

/** A number as `strtoul` with base 0 reads it: decimal, `0x` hexadecimal or `0` octal. Undefined beyond 32 bits. */
export function parseUnsigned(text: string, last: number = ALL_BITS): number | undefined {
  if (!/^(?:\d+|0x[\da-f]+)$/i.test(text)) return undefined;
  const isOctal = text.length > 1 && text.startsWith('0') && !/^0x/i.test(text);
  if (isOctal && /[89]/.test(text)) return undefined;
  const number = isOctal ? Number.parseInt(text, 8) : Number(text);
  return number <= last ? number : undefined;
}

/** A number, printed in decimal. */
export function numberUpTo(last: number, first = 0): Codec<number> {
  return {
    parse: (text) => {
      const number = parseUnsigned(text, last);
      return number === undefined || number < first ? undefined : number;
    },
    render: (value) => String(value),
    wanted: `a number from ${first} to ${last}`,
  };
}

/** A number of 64 bits at most, of which 53 are kept exactly. */
export const LARGE_NUMBER: Codec<number> = {
  parse: (text) => (/^\d{1,20}$/.test(text) ? Number(text) : undefined),
  render: (value) => BigInt(value).toString(),
  wanted: 'a number',
};

/** A number, printed in hexadecimal. */
export function hexUpTo(last: number, digits = 0): Codec<number> {
  return {
    parse: (text) => parseUnsigned(text, last),
    render: (value) => `0x${value.toString(16).padStart(digits, '0')}`,
    wanted: `a number from 0 to ${last}`,
  };
}

/** `5` or `5:9`; an end that is left out is the first or last number. */
export function rangeUpTo(last: number, separator = ':'): Codec<NumberRange> {
  return {
    parse: (text) => {
      const parts = text.split(separator);
      if (parts.length > 2 || text === '') return undefined;
      const first = parts[0] === '' ? 0 : parseUnsigned(parts[0] as string, last);
      const end =
        parts.length === 1
          ? first
          : parts[1] === ''
            ? last
            : parseUnsigned(parts[1] as string, last);
      if (first === undefined || end === undefined || first > end) return undefined;
      return { first, last: end };
    },
    render: (range) =>
      range.first === range.last ? `${range.first}` : `${range.first}${separator}${range.last}`,
    wanted: `a number or a range of numbers up to ${last}`,
  };
}

/** `0x1/0xff`; a mask that is left out, and not printed, is every bit. */
export const MASKED: Codec<Masked> = {
  parse: (text) => {
    const slash = text.indexOf('/');
    const value = parseUnsigned(slash < 0 ? text : text.slice(0, slash));
    const mask = slash < 0 ? ALL_BITS : parseUnsigned(text.slice(slash + 1));
    return value === undefined || mask === undefined ? undefined : { value, mask };
  },
  render: ({ value, mask }) =>
    mask === ALL_BITS ? renderHex(value) : `${renderHex(value)}/${renderHex(mask)}`,
  wanted: 'a mark or `mark/mask` of 32 bits',
};

/** The same, where the mask is always printed. */
export const MASKED_ALWAYS: Codec<Masked> = {
  ...MASKED,
  render: ({ value, mask }) => `${renderHex(value)}/${renderHex(mask)}`,
};
