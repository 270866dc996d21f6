import type { Negatable } from '../option/codec.ts';
import { type NumberRange, rangeUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m length`: bytes of the packet; for IPv4 the total length, for IPv6 payload and header together. */
export interface LengthMatch {
  readonly kind: 'length';
  readonly lengths: Negatable<NumberRange>;
}

/** Reads, checks and writes `-m length --length 0:128`. */
export const lengthMatch: TableDefinition<LengthMatch> = optionTable(
  { kind: 'length', name: 'length', load: '-m' },
  ({ negatable }) => [negatable('--length', 'lengths', rangeUpTo(65535), { required: true })],
);
