import type { Negatable } from '../option/codec.ts';
import { type NumberRange, rangeUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m tcpmss`: the segment has the option of the maximum segment size, with a value in the range. */
export interface TcpmssMatch {
  readonly kind: 'tcpmss';
  readonly sizes: Negatable<NumberRange>;
}

/** Reads, checks and writes `-m tcpmss --mss 1400:1536`. */
export const tcpmssMatch: TableDefinition<TcpmssMatch> = optionTable(
  {
    kind: 'tcpmss',
    name: 'tcpmss',
    load: '-m',
    check: (_match, { protocol }) =>
      protocol === 6 ? undefined : 'tcpmss needs the rule to match tcp',
  },
  ({ negatable }) => [negatable('--mss', 'sizes', rangeUpTo(65535), { required: true })],
);
