import type { PortRange } from '../../address/port-range.ts';
import { hasPorts } from '../../address/protocol.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { DASHED_PORT_RANGE } from '../option/port-codecs.ts';

/** `REDIRECT`: to the host itself; nat PREROUTING and OUTPUT. Without `ports` the port stays. */
export interface RedirectTarget {
  readonly kind: 'redirect';
  readonly ports: PortRange | undefined;
  readonly random: boolean;
}

/** Reads, checks and writes `-j REDIRECT --to-ports 8080`. */
export const redirectTarget: TableDefinition<RedirectTarget> = optionTable(
  {
    kind: 'redirect',
    name: 'REDIRECT',
    load: '-j',
    check: ({ ports }, { table, protocol }) => {
      if (table !== undefined && table !== 'nat') return `translation in table ${table}`;
      return ports !== undefined && (protocol === undefined || !hasPorts(protocol))
        ? '--to-ports needs the rule to match a protocol that has ports'
        : undefined;
    },
  },
  ({ value, flag }) => [
    value('--to-ports', 'ports', DASHED_PORT_RANGE, { aliases: ['--to-port'] }),
    flag('--random', 'random'),
  ],
);
