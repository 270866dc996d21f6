import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { Codec, Negatable } from '../option/codec.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { LARGE_NUMBER } from '../option/number-codecs.ts';
import { not } from '../restore-text.ts';

/** `-m set --match-set name src,dst`: one direction for each dimension of the set. */
export interface SetMatch {
  readonly kind: 'set';
  readonly set: string;
  readonly directions: readonly SetDirection[];
  readonly negated: boolean;
  readonly extras?: SetMatchExtras | undefined;
}

/** Which side of the packet a dimension of a set is held against. */
export type SetDirection = 'src' | 'dst';

/** How a counter of the element that was found must be. */
export type CounterComparison = {
  readonly comparison: 'eq' | 'lt' | 'gt';
} & Negatable<number>;

/** What a set match asks beside membership. */
export interface SetMatchExtras {
  /** Matches only where an element with `nomatch` decides. */
  readonly returnNomatch: boolean;
  /** Counters of the element stay as they are. */
  readonly keepCounters: boolean;
  /** The same for the counters of the sets in a list. */
  readonly keepSubcounters: boolean;
  readonly packets: CounterComparison | undefined;
  readonly bytes: CounterComparison | undefined;
}

/** Whether ipset takes the name, and a restore file holds it as one word: at most 31 bytes. */
export function isSetName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:@/+=%~^-]{0,30}$/.test(name);
}

/** Checks and writes `-m set --match-set name src,dst`. */
export const setMatch: Definition<SetMatch> = {
  kind: 'set',
  validate: ({ set, directions }) => {
    if (!isSetName(set)) return 'a set name that ipset cannot take';
    return directions.length === 0 || directions.length > 6
      ? `${directions.length} directions in a set match`
      : undefined;
  },
  render: ({ set, directions, negated, extras }) =>
    `-m set ${not(negated)}--match-set ${set} ${directions.join(',')}${renderExtras(extras)}`,
};

function renderExtras(extras: SetMatchExtras | undefined): string {
  if (extras === undefined) return '';
  const { returnNomatch, keepCounters, keepSubcounters, packets, bytes } = extras;
  const compared = (name: string, counter: CounterComparison | undefined): string =>
    counter === undefined
      ? ''
      : ` ${not(counter.negated)}--${name}-${counter.comparison} ${LARGE_NUMBER.render(counter.value, 4)}`;
  return [
    returnNomatch ? ' --return-nomatch' : '',
    keepCounters ? ' ! --update-counters' : '',
    keepSubcounters ? ' ! --update-subcounters' : '',
    compared('packets', packets),
    compared('bytes', bytes),
  ].join('');
}

/** The name of a set. */
export const SET_NAME: Codec<string> = {
  parse: (text) => (isSetName(text) ? text : undefined),
  render: (name) => name,
  wanted: 'the name of a set, of at most 31 bytes',
};

/** `src,dst`: 1 to 6 of them. */
export function parseDirections(text: string): readonly SetDirection[] | undefined {
  const words = text.split(',');
  return words.length <= 6 && words.every((word) => word === 'src' || word === 'dst')
    ? (words as SetDirection[])
    : undefined;
}

/**
 * The set and the directions that follow an option.
 *
 * @throws RefusedRule when either cannot be.
 */
export function readSetWords(
  given: GivenOptions,
  option: GivenOption,
  context: RuleContext,
): Pick<SetMatch, 'set' | 'directions'> {
  const set = readValue(given, option, SET_NAME, context);
  const directions = parseDirections(option.words[1] ?? '');
  if (directions === undefined) {
    throw given.refusal(
      `${option.flag} needs src and dst, one for each dimension of the set`,
      option,
    );
  }
  return { set, directions };
}

const COMPARISONS = ['eq', 'lt', 'gt'] as const;

/** Reads `-m set`. */
export const setExtension: Extension<SetMatch> = {
  name: 'set',
  options: [
    { flag: '--match-set', aliases: ['--set'], words: 2, negatable: true },
    { flag: '--return-nomatch', words: 0 },
    { flag: '--update-counters', words: 0, negatable: true },
    { flag: '--update-subcounters', words: 0, negatable: true },
    ...['packets', 'bytes'].flatMap((counter) =>
      COMPARISONS.map((comparison) => ({
        flag: `--${counter}-${comparison}`,
        words: 1 as const,
        negatable: comparison === 'eq',
      })),
    ),
  ],
  parse: (given, context) => {
    const option = given.get('--match-set');
    if (given.all.length === 1) {
      const { set, directions } = readSetWords(given, option, context);
      return [{ kind: 'set', set, directions, negated: option.negated }];
    }
    const extras: SetMatchExtras = {
      returnNomatch: given.has('--return-nomatch'),
      keepCounters: given.isNegated('--update-counters'),
      keepSubcounters: given.isNegated('--update-subcounters'),
      packets: readComparison('packets', given, context),
      bytes: readComparison('bytes', given, context),
    };
    const isPlain = Object.values(extras).every((extra) => extra === false || extra === undefined);
    const words = readSetWords(given, option, context);
    return [{ kind: 'set', ...words, negated: option.negated, ...(isPlain ? {} : { extras }) }];
  },
};

function readComparison(
  counter: string,
  given: GivenOptions,
  context: RuleContext,
): CounterComparison | undefined {
  const found = COMPARISONS.filter((one) => given.has(`--${counter}-${one}`));
  const comparison = found[0];
  if (comparison === undefined) return undefined;
  if (found.length > 1) throw given.refusal(`set takes only one comparison of ${counter}`);
  const option = given.get(`--${counter}-${comparison}`);
  const value = readValue(given, option, LARGE_NUMBER, context);
  return { comparison, value, negated: option.negated };
}
