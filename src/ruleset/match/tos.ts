import type { Negatable } from '../option/codec.ts';
import type { Masked } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { TOS } from '../option/traffic-class-codecs.ts';

/** `-m tos`: `(tos & mask) == value`, of the TOS byte or the traffic class. */
export interface TosMatch {
  readonly kind: 'tos';
  readonly tos: Negatable<Masked>;
}

/** Reads, checks and writes `-m tos --tos 0x10/0xff`. */
export const tosMatch: TableDefinition<TosMatch> = optionTable(
  { kind: 'tos', name: 'tos', load: '-m' },
  ({ negatable }) => [negatable('--tos', 'tos', TOS, { required: true })],
);
