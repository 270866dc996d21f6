import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m tcp --tcp-flags`: `(flags & mask) == set`, both of the six bits FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
export interface TcpFlagsMatch {
  readonly kind: 'tcp-flags';
  readonly mask: number;
  readonly set: number;
  readonly negated: boolean;
  /** Written behind a `-m` of its own where it could share the one before. */
  readonly apart?: boolean | undefined;
}

/** The flags that iptables can name, lowest bit first. */
const FLAGS: readonly string[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const ALL = 0x3f;

/** What `--syn` stands for. */
export const SYN_ONLY = { mask: 0x17, set: 0x02 } as const;

/** The bits of a list such as `SYN,ACK`, `ALL` or `NONE`; undefined for a flag that there is not. */
export function parseTcpFlags(text: string): number | undefined {
  let bits = 0;
  for (const word of text.toUpperCase().split(',')) {
    if (word === 'ALL') bits |= ALL;
    else if (word !== 'NONE') {
      const at = FLAGS.indexOf(word);
      if (at < 0) return undefined;
      bits |= 1 << at;
    }
  }
  return bits;
}

function renderFlags(bits: number): string {
  const names = FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
}

/** Checks and writes `-m tcp --tcp-flags FIN,SYN,RST,ACK SYN`. */
export const tcpFlagsMatch: Definition<TcpFlagsMatch> = {
  kind: 'tcp-flags',
  validate: ({ mask, set }, { protocol }) => {
    if (protocol !== 6) return 'TCP flags need the rule to match tcp';
    return isUnsigned(mask, ALL) && isUnsigned(set, ALL)
      ? undefined
      : 'TCP flags of more than six bits';
  },
  render: ({ mask, set, negated }) =>
    `-m tcp ${not(negated)}--tcp-flags ${renderFlags(mask)} ${renderFlags(set)}`,
};
