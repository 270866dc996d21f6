import { numberUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { textUpTo } from '../option/text-codecs.ts';

/** `NFLOG`: hands a copy to user space; evaluation goes on. */
export interface NflogTarget {
  readonly kind: 'nflog';
  readonly prefix: string | undefined;
  readonly group: number | undefined;
  /** Bytes that are copied. */
  readonly size: number | undefined;
  /** The older spelling of the same, which never had an effect. */
  readonly range: number | undefined;
  readonly threshold: number | undefined;
}

/** Reads, checks and writes `-j NFLOG --nflog-group 5`. */
export const nflogTarget: TableDefinition<NflogTarget> = optionTable(
  { kind: 'nflog', name: 'NFLOG', load: '-j' },
  ({ value }) => [
    value('--nflog-prefix', 'prefix', textUpTo(63)),
    value('--nflog-group', 'group', numberUpTo(65535), { otherwise: 0 }),
    value('--nflog-range', 'range', numberUpTo(0xffffffff), { otherwise: 0 }),
    value('--nflog-size', 'size', numberUpTo(0xffffffff)),
    value('--nflog-threshold', 'threshold', numberUpTo(65535), { otherwise: 1 }),
  ],
);
