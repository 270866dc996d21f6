import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `CHECKSUM --checksum-fill`: the checksum is computed now, not by the card; table mangle only. Evaluation goes on. */
export interface ChecksumTarget {
  readonly kind: 'checksum';
  readonly fill: boolean;
}

/** Reads, checks and writes `-j CHECKSUM --checksum-fill`. */
export const checksumTarget: TableDefinition<ChecksumTarget> = optionTable(
  {
    kind: 'checksum',
    name: 'CHECKSUM',
    load: '-j',
    check: ({ fill }, { table }) => {
      if (table !== undefined && table !== 'mangle') return `CHECKSUM in table ${table}`;
      return fill ? undefined : 'CHECKSUM needs --checksum-fill';
    },
  },
  ({ flag }) => [flag('--checksum-fill', 'fill')],
);
