import type { Definition } from '../definition.ts';
import type { Extension } from '../extension.ts';
import { type NumberRange, parseUnsigned } from '../option/number-codecs.ts';
import { isUnsigned, not, renderHex } from '../restore-text.ts';

/** A step on the way to the number that a u32 test looks at. `@`: go on from the packet's start plus the number so far plus the operand. */
export interface U32Step {
  readonly operator: '&' | '<<' | '>>' | '@';
  readonly operand: number;
}

/** The 32 bits at an offset from the IP header, with what is done to them, and the ranges of which one must hold the result. */
export interface U32Test {
  readonly offset: number;
  readonly steps: readonly U32Step[];
  readonly values: readonly NumberRange[];
}

/** `-m u32`: all tests hold. */
export interface U32Match {
  readonly kind: 'u32';
  readonly tests: readonly U32Test[];
  readonly negated: boolean;
}

/** Source: linux/netfilter/xt_u32.h, XT_U32_MAXSIZE. */
const MOST = 10;
const ALL_BITS = 0xffffffff;

/** Reads, checks and writes `-m u32 --u32 "0x6&0xff=0x1"`. */
export const u32Match: Definition<U32Match> & Extension<U32Match> = {
  kind: 'u32',
  validate: ({ tests }) => {
    if (tests.length === 0 || tests.length > MOST) return `${tests.length} tests of u32`;
    const numbers = tests.flatMap(({ offset, steps, values }) => [
      offset,
      ...steps.map((step) => step.operand),
      ...values.flatMap((range) => [range.first, range.last]),
    ]);
    if (!numbers.every((number) => isUnsigned(number, ALL_BITS)))
      return 'a u32 test beyond 32 bits';
    return tests.every(({ steps, values }) => steps.length < MOST && isAmount(values.length))
      ? undefined
      : 'a u32 test with too much in it';
  },
  render: ({ tests, negated }) =>
    `-m u32 ${not(negated)}--u32 "${tests.map(renderTest).join('&&')}"`,
  name: 'u32',
  options: [{ flag: '--u32', words: 1, negatable: true }],
  parse: (given) => {
    const option = given.get('--u32');
    const tests = (option.words[0] ?? '').replace(/\s/g, '').split('&&').map(parseTest);
    const found = tests.filter((test) => test !== undefined);
    if (found.length < tests.length || tests.length > MOST) {
      throw given.refusal('--u32 needs tests such as `6&0xFF=1&&4&0x3FFF=0`', option);
    }
    return [{ kind: 'u32', tests: found, negated: option.negated }];
  },
};

function isAmount(count: number): boolean {
  return count > 0 && count <= MOST;
}

function renderTest({ offset, steps, values }: U32Test): string {
  const path = steps.map(({ operator, operand }) => `${operator}${renderHex(operand)}`).join('');
  const ranges = values.map(({ first, last }) =>
    first === last ? renderHex(first) : `${renderHex(first)}:${renderHex(last)}`,
  );
  return `${renderHex(offset)}${path}=${ranges.join(',')}`;
}

function parseTest(text: string): U32Test | undefined {
  const [path = '', list, more] = text.split('=');
  const words = path.match(/&|<<|>>|@|[^&<>@]+/g) ?? [];
  const offset = parseUnsigned(words[0] ?? '');
  if (offset === undefined || list === undefined || more !== undefined) return undefined;
  if (words.join('') !== path || words.length % 2 === 0) return undefined;
  const steps: U32Step[] = [];
  for (let i = 1; i < words.length; i += 2) {
    const operand = parseUnsigned(words[i + 1] ?? '');
    if (operand === undefined || !/^(?:&|<<|>>|@)$/.test(words[i] ?? '')) return undefined;
    steps.push({ operator: words[i] as U32Step['operator'], operand });
  }
  const values: NumberRange[] = [];
  for (const word of list.split(',')) {
    const [from = '', to = from, rest] = word.split(':');
    const range = { first: parseUnsigned(from), last: parseUnsigned(to) };
    if (range.first === undefined || range.last === undefined || rest !== undefined)
      return undefined;
    values.push({ first: range.first, last: range.last });
  }
  return steps.length < MOST && isAmount(values.length) ? { offset, steps, values } : undefined;
}
