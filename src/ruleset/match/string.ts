import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { oneOf, textUpTo } from '../option/text-codecs.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m string`: whether bytes occur in the packet, from its IP header on. */
export interface StringMatch {
  readonly kind: 'string';
  /** At most 128, each 0 to 255. */
  readonly bytes: readonly number[];
  readonly negated: boolean;
  readonly algorithm: 'bm' | 'kmp';
  readonly from: number;
  readonly to: number;
  readonly ignoreCase: boolean;
}

const LONGEST = 128;
const LAST_OFFSET = 65535;
const OFFSET = numberUpTo(LAST_OFFSET);

/** Reads, checks and writes `-m string --string "GET /" --algo bm`. */
export const stringMatch: Definition<StringMatch> & Extension<StringMatch> = {
  kind: 'string',
  validate: ({ bytes, from, to }) => {
    if (bytes.length === 0 || bytes.length > LONGEST) return `a pattern of ${bytes.length} bytes`;
    if (!bytes.every((byte) => isUnsigned(byte, 255))) return 'a pattern of more than bytes';
    return isUnsigned(from, LAST_OFFSET) && isUnsigned(to, LAST_OFFSET)
      ? undefined
      : 'an offset beyond 65535';
  },
  render: ({ bytes, negated, algorithm, from, to, ignoreCase }) =>
    [
      `-m string ${not(negated)}${renderPattern(bytes)} --algo ${algorithm}`,
      ...(from === 0 ? [] : [`--from ${from}`]),
      ...(to === LAST_OFFSET ? [] : [`--to ${to}`]),
      ...(ignoreCase ? ['--icase'] : []),
    ].join(' '),
  name: 'string',
  options: [
    { flag: '--string', words: 1, negatable: true },
    { flag: '--hex-string', words: 1, negatable: true },
    { flag: '--algo', words: 1 },
    { flag: '--from', words: 1 },
    { flag: '--to', words: 1 },
    { flag: '--icase', words: 0 },
  ],
  parse: (given, context) => {
    const option = given.find('--string') ?? given.find('--hex-string');
    if (option === undefined || (given.has('--string') && given.has('--hex-string'))) {
      throw given.refusal('string needs one of --string and --hex-string');
    }
    const text = option.words[0] ?? '';
    const bytes =
      option.flag === '--string' ? [...new TextEncoder().encode(text)] : parseHexPattern(text);
    if (bytes === undefined || bytes.length === 0 || bytes.length > LONGEST) {
      throw given.refusal(`${option.flag} needs a pattern of 1 to ${LONGEST} bytes`, option);
    }
    const algorithm = readValue(
      given,
      given.get('--algo'),
      oneOf<StringMatch['algorithm']>(['bm', 'kmp']),
      context,
    );
    const [from, to] = [given.find('--from'), given.find('--to')];
    return [
      {
        kind: 'string',
        bytes,
        negated: option.negated,
        algorithm,
        from: from === undefined ? 0 : readValue(given, from, OFFSET, context),
        to: to === undefined ? LAST_OFFSET : readValue(given, to, OFFSET, context),
        ignoreCase: given.has('--icase'),
      },
    ];
  },
};

/** As iptables-save prints it: in hexadecimal as soon as one byte is not printable. */
function renderPattern(bytes: readonly number[]): string {
  const text = String.fromCharCode(...bytes);
  if (textUpTo(LONGEST).parse(text, 4) !== undefined && bytes.every((byte) => byte < 127)) {
    return `--string "${text.replace(/["\\]/g, '\\$&')}"`;
  }
  return `--hex-string "|${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}|"`;
}

/** Bytes as they are, and in hexadecimal between bars; a backslash takes the byte behind it as it is. */
function parseHexPattern(text: string): number[] | undefined {
  const bytes: number[] = [];
  const parts = text.match(/\|[\da-f\s]*\||\\.|[^|\\]/gisu) ?? [];
  if (parts.join('') !== text) return undefined;
  for (const part of parts) {
    if (part.startsWith('|')) {
      const digits = part.slice(1, -1).replace(/\s/g, '');
      if (digits.length % 2 !== 0) return undefined;
      for (let i = 0; i < digits.length; i += 2) {
        bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
      }
    } else bytes.push(...new TextEncoder().encode(part.replace(/^\\/, '')));
  }
  return bytes;
}
