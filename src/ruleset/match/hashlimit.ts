import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { Codec } from '../option/codec.ts';
import type { GivenOptions } from '../option/given-options.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { BYTE_RATE, FINE_RATE } from '../option/rate-codecs.ts';
import { nameUpTo } from '../option/text-codecs.ts';

/** What hashlimit keeps rates apart by. */
export type HashlimitMode = 'srcip' | 'srcport' | 'dstip' | 'dstport';

/** `-m hashlimit`: a rate for each group of packets. `above`: the rate is exceeded, else it is not. */
export interface HashlimitMatch {
  readonly kind: 'hashlimit';
  readonly above: boolean;
  /** `10/min`, or bytes such as `512kb/s`. */
  readonly rate: string;
  /** Packets, or bytes such as `1mb`; undefined for the default of a rate of bytes. */
  readonly burst: string | undefined;
  readonly modes: readonly HashlimitMode[];
  readonly name: string;
  readonly tableSize: number | undefined;
  readonly tableMax: number | undefined;
  /** Milliseconds. */
  readonly collectIntervalMs: number | undefined;
  readonly expireMs: number | undefined;
  readonly sourcePrefixLength: number | undefined;
  readonly destinationPrefixLength: number | undefined;
  readonly rateMatch: boolean;
  readonly rateIntervalSeconds: number | undefined;
}

const MODES: readonly HashlimitMode[] = ['srcip', 'srcport', 'dstip', 'dstport'];
const NUMBER = numberUpTo(0xffffffff);
const NAME = nameUpTo(252);
const DEFAULT_BURST = '5';
/** What is not printed. Source: libxt_hashlimit.c, iptables 1.8.9. */
const DEFAULT_COLLECT_MS = 1000;

/** A burst of bytes at a rate of packets is that many packets. */
function burstOf(written: string | undefined, rate: string): string | undefined {
  if (rate.endsWith('b/s')) return written;
  const [, count = DEFAULT_BURST, unit = ''] = /^(\d+)([kmg]?)/.exec(written ?? '') ?? [];
  return String(Number(count) * 1024 ** ' kmg'.indexOf(unit || ' '));
}

const BURST: Codec<string> = {
  parse: (text) => (/^\d{1,10}(?:[kmg]?b)?$/i.test(text) ? text.toLowerCase() : undefined),
  render: (burst) => burst,
  wanted: 'a number of packets, or of bytes such as 1mb',
};

const RATE: Codec<string> = {
  parse: (text, family) => BYTE_RATE.parse(text, family) ?? FINE_RATE.parse(text, family),
  render: (rate) => rate,
  wanted: FINE_RATE.wanted,
};

/** Reads, checks and writes `-m hashlimit --hashlimit-upto 10/min --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name ssh`. */
export const hashlimitMatch: Definition<HashlimitMatch> & Extension<HashlimitMatch> = {
  kind: 'hashlimit',
  validate: ({ rate, burst, name }, { family }) => {
    if (RATE.parse(rate, family) !== rate) return `hashlimit rate ${rate}`;
    if (burst !== undefined && BURST.parse(burst, family) === undefined) return `burst ${burst}`;
    return NAME.parse(name, family) === undefined
      ? 'a hashlimit name that iptables cannot take'
      : undefined;
  },
  render: renderHashlimit,
  name: 'hashlimit',
  options: [
    { flag: '--hashlimit-upto', aliases: ['--hashlimit'], words: 1, negatable: true },
    { flag: '--hashlimit-above', words: 1, negatable: true },
    { flag: '--hashlimit-rate-match', words: 0 },
    ...[
      '--hashlimit-burst',
      '--hashlimit-mode',
      '--hashlimit-name',
      '--hashlimit-htable-size',
      '--hashlimit-htable-max',
      '--hashlimit-htable-gcinterval',
      '--hashlimit-htable-expire',
      '--hashlimit-srcmask',
      '--hashlimit-dstmask',
      '--hashlimit-rate-interval',
    ].map((flag) => ({ flag, words: 1 as const })),
  ],
  parse: (given, context) => {
    const option = given.find('--hashlimit-upto') ?? given.find('--hashlimit-above');
    if (option === undefined || (given.has('--hashlimit-upto') && given.has('--hashlimit-above'))) {
      throw given.refusal('hashlimit needs one of --hashlimit-upto and --hashlimit-above');
    }
    const rate = readValue(given, option, RATE, context);
    const optional = optionalReader(given, context);
    const longest = numberUpTo(context.family === 4 ? 32 : 128);
    const all = context.family === 4 ? 32 : 128;
    const unlessDefault = (value: number | undefined, otherwise: number): number | undefined =>
      value === otherwise ? undefined : value;
    return [
      {
        kind: 'hashlimit',
        above: (option.flag === '--hashlimit-above') !== option.negated,
        rate,
        burst: burstOf(optional('--hashlimit-burst', BURST), rate),
        modes: readModes(given),
        name: readValue(given, given.get('--hashlimit-name'), NAME, context),
        tableSize: optional('--hashlimit-htable-size', NUMBER),
        tableMax: optional('--hashlimit-htable-max', NUMBER),
        collectIntervalMs: unlessDefault(
          optional('--hashlimit-htable-gcinterval', NUMBER),
          DEFAULT_COLLECT_MS,
        ),
        expireMs: optional('--hashlimit-htable-expire', NUMBER),
        sourcePrefixLength: unlessDefault(optional('--hashlimit-srcmask', longest), all),
        destinationPrefixLength: unlessDefault(optional('--hashlimit-dstmask', longest), all),
        rateMatch: given.has('--hashlimit-rate-match'),
        rateIntervalSeconds: unlessDefault(optional('--hashlimit-rate-interval', NUMBER), 1),
      },
    ];
  },
};

function optionalReader(given: GivenOptions, context: RuleContext) {
  return <Value>(flag: string, codec: Codec<Value>): Value | undefined => {
    const option = given.find(flag);
    return option === undefined ? undefined : readValue(given, option, codec, context);
  };
}

function readModes(given: GivenOptions): readonly HashlimitMode[] {
  const option = given.find('--hashlimit-mode');
  const words = option?.words[0]?.split(',') ?? [];
  const unknown = words.find((word) => !MODES.some((mode) => mode === word));
  if (unknown !== undefined)
    throw given.refusal(`\`${unknown}\` is not one of ${MODES.join(', ')}`, option);
  return MODES.filter((mode) => words.includes(mode));
}

function renderHashlimit(match: HashlimitMatch): string {
  const parts = [`-m hashlimit --hashlimit-${match.above ? 'above' : 'upto'} ${match.rate}`];
  const add = (flag: string, value: string | number | undefined): void => {
    if (value !== undefined) parts.push(`--hashlimit-${flag} ${value}`);
  };
  add('burst', match.burst);
  if (match.modes.length > 0) add('mode', match.modes.join(','));
  add('name', match.name);
  add('htable-size', match.tableSize);
  add('htable-max', match.tableMax);
  add('htable-gcinterval', match.collectIntervalMs);
  add('htable-expire', match.expireMs);
  add('srcmask', match.sourcePrefixLength);
  add('dstmask', match.destinationPrefixLength);
  if (match.rateMatch) parts.push('--hashlimit-rate-match');
  add('rate-interval', match.rateIntervalSeconds);
  return parts.join(' ');
}
