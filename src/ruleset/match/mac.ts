import { MAC } from '../option/address-codecs.ts';
import type { Negatable } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m mac`: the source address of the Ethernet frame, in lower case. */
export interface MacMatch {
  readonly kind: 'mac';
  readonly source: Negatable<string>;
}

/** Reads, checks and writes `-m mac --mac-source 02:00:00:00:00:01`. */
export const macMatch: TableDefinition<MacMatch> = optionTable(
  { kind: 'mac', name: 'mac', load: '-m' },
  ({ negatable }) => [negatable('--mac-source', 'source', MAC, { required: true })],
);
