import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m socket`: whether a socket of the host's would take the packet. */
export interface SocketMatch {
  readonly kind: 'socket';
  readonly transparent: boolean;
  readonly noWildcard: boolean;
  /** The packet gets the socket's mark. */
  readonly restoreMark: boolean;
}

/** Reads, checks and writes `-m socket --transparent`. */
export const socketMatch: TableDefinition<SocketMatch> = optionTable(
  { kind: 'socket', name: 'socket', load: '-m' },
  ({ flag }) => [
    flag('--transparent', 'transparent'),
    flag('--nowildcard', 'noWildcard'),
    flag('--restore-skmark', 'restoreMark'),
  ],
);
