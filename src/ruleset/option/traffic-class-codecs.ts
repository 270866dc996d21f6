import type { Codec } from './codec.ts';
import { type Masked, parseUnsigned } from './number-codecs.ts';

/** Source: iptables-extensions(8), `iptables -m tos --help`, 1.8.9. */
const TOS_NAMES: ReadonlyMap<string, number> = new Map([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
]);

/** A value of the whole TOS byte with its mask; a name is about its lower six bits. */
export const TOS: Codec<Masked> = {
  parse: (text) => {
    const named = TOS_NAMES.get(text.toLowerCase());
    if (named !== undefined) return { value: named, mask: 0x3f };
    const [value, mask = '0xff', more] = text.split('/');
    const parsed = { value: parseUnsigned(value ?? '', 255), mask: parseUnsigned(mask, 255) };
    if (parsed.value === undefined || parsed.mask === undefined || more !== undefined) {
      return undefined;
    }
    return { value: parsed.value, mask: parsed.mask };
  },
  render: ({ value, mask }) => `${hexByte(value)}/${hexByte(mask)}`,
  wanted: 'a TOS value from 0 to 255, with or without a mask, or its name',
};

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** Code points by class. Source: RFC 2474, RFC 2597, RFC 3246; `iptables -m dscp --help`. */
const DSCP_CLASSES: ReadonlyMap<string, number> = new Map([
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n): [string, number] => [`cs${n}`, n * 8]),
  ['be', 0],
  ['ef', 0x2e],
  ...[1, 2, 3, 4].flatMap((n) =>
    [1, 2, 3].map((drop): [string, number] => [`af${n}${drop}`, n * 8 + drop * 2]),
  ),
]);

/** A differentiated services code point, printed in hexadecimal. */
export const DSCP: Codec<number> = {
  parse: (text) => parseUnsigned(text, 63),
  render: hexByte,
  wanted: 'a code point from 0 to 63',
};

/** The code point of a class such as `EF`. */
export const DSCP_CLASS: Codec<number> = {
  parse: (text) => DSCP_CLASSES.get(text.toLowerCase()),
  render: hexByte,
  wanted: 'a class such as EF, AF11 or CS1',
};
