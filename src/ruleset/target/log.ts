import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { Codec } from '../option/codec.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { textUpTo } from '../option/text-codecs.ts';
import { isPrintableAscii, isUnsigned, quoteValue } from '../restore-text.ts';

/** `LOG`; evaluation goes on. `prefix` is at most 29 bytes. */
export interface LogTarget {
  readonly kind: 'log';
  readonly prefix: string;
  readonly level: number;
  /** What is logged beside the headers, in the order of `LOG_DETAILS`. */
  readonly details?: readonly LogDetail[] | undefined;
}

/** What LOG can say beside the headers. */
export type LogDetail = 'tcp-sequence' | 'tcp-options' | 'ip-options' | 'uid' | 'macdecode';

/** In the order in which iptables-save prints them. Source: LOG_save, libxt_LOG.c, iptables 1.8.9. */
const LOG_DETAILS: readonly LogDetail[] = [
  'tcp-sequence',
  'tcp-options',
  'ip-options',
  'uid',
  'macdecode',
];

/** The longest prefix in bytes that LOG takes. */
export const LOG_PREFIX_LENGTH = 29;

/** The level that LOG assumes, and iptables-save does not print: warning. */
const DEFAULT_LEVEL = 4;

/** Checks and writes `-j LOG --log-prefix "calico-packet: " --log-level 5`. */
export const logTarget: Definition<LogTarget> = {
  kind: 'log',
  validate: ({ prefix, level }) => {
    if (!isPrintableAscii(prefix)) return 'a log prefix that is not printable ASCII';
    if (prefix.length > LOG_PREFIX_LENGTH) return `a log prefix of ${prefix.length} bytes`;
    return isUnsigned(level, 7) ? undefined : `log level ${level}`;
  },
  render: ({ prefix, level, details = [] }) => {
    const prefixed = prefix === '' ? '' : ` --log-prefix ${quoteValue(prefix)}`;
    const more = LOG_DETAILS.filter((one) => details.includes(one)).map((one) => ` --log-${one}`);
    const atLevel = level === DEFAULT_LEVEL ? '' : ` --log-level ${level}`;
    return `-j LOG${prefixed}${atLevel}${more.join('')}`;
  },
};

/** Levels of syslog by their names. */
const LEVELS = [
  ['emerg', 'panic'],
  ['alert'],
  ['crit'],
  ['error', 'err'],
  ['warning', 'warn'],
  ['notice'],
  ['info'],
  ['debug'],
];

const LEVEL: Codec<number> = {
  parse: (text, family) => {
    const named = LEVELS.findIndex((names) => names.includes(text.toLowerCase()));
    return named < 0 ? numberUpTo(7).parse(text, family) : named;
  },
  render: (level) => String(level),
  wanted: 'a level from 0 to 7 or its name',
};

/** A longer prefix is cut by the tools without a word. */
const PREFIX: Codec<string> = {
  ...textUpTo(LOG_PREFIX_LENGTH),
  parse: (text, family) => textUpTo(255).parse(text, family)?.slice(0, LOG_PREFIX_LENGTH),
};

/** Reads `-j LOG`. */
export const logExtension: Extension<LogTarget> = {
  name: 'LOG',
  options: [
    { flag: '--log-level', words: 1 },
    { flag: '--log-prefix', words: 1 },
    ...LOG_DETAILS.map((detail) => ({ flag: `--log-${detail}`, words: 0 as const })),
  ],
  parse: (given, context) => {
    const [level, prefix] = [given.find('--log-level'), given.find('--log-prefix')];
    const details = LOG_DETAILS.filter((detail) => given.has(`--log-${detail}`));
    return [
      {
        kind: 'log',
        prefix: prefix === undefined ? '' : readValue(given, prefix, PREFIX, context),
        level: level === undefined ? DEFAULT_LEVEL : readValue(given, level, LEVEL, context),
        ...(details.length > 0 ? { details } : {}),
      },
    ];
  },
};
