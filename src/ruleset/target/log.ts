import type { Definition } from '../definition.ts';
import { isPrintableAscii, isUnsigned, quoteValue } from '../restore-text.ts';

/** `LOG`; evaluation goes on. `prefix` is at most 29 bytes. */
export interface LogTarget {
  readonly kind: 'log';
  readonly prefix: string;
  readonly level: number;
}

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
  render: ({ prefix, level }) => {
    const prefixed = prefix === '' ? '' : ` --log-prefix ${quoteValue(prefix)}`;
    return `-j LOG${prefixed}${level === DEFAULT_LEVEL ? '' : ` --log-level ${level}`}`;
  },
};
