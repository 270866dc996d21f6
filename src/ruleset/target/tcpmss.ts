import { numberUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `TCPMSS`: changes the maximum segment size that a SYN announces, to `size` or to what the path takes; evaluation goes on. */
export interface TcpmssTarget {
  readonly kind: 'tcpmss';
  readonly size: number | undefined;
  readonly clampToPathMtu: boolean;
}

/** Reads, checks and writes `-j TCPMSS --clamp-mss-to-pmtu`. */
export const tcpmssTarget: TableDefinition<TcpmssTarget> = optionTable(
  {
    kind: 'tcpmss',
    name: 'TCPMSS',
    load: '-j',
    check: ({ size, clampToPathMtu }, { protocol }) => {
      if (protocol !== 6) return 'TCPMSS needs the rule to match tcp';
      return (size !== undefined) === clampToPathMtu
        ? 'TCPMSS needs one of --set-mss and --clamp-mss-to-pmtu'
        : undefined;
    },
  },
  ({ value, flag }) => [
    flag('--clamp-mss-to-pmtu', 'clampToPathMtu'),
    value('--set-mss', 'size', numberUpTo(65535)),
  ],
);
