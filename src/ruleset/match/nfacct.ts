import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { textUpTo } from '../option/text-codecs.ts';

/** `-m nfacct`: counts the packet under a name; every packet meets it. */
export interface NfacctMatch {
  readonly kind: 'nfacct';
  readonly name: string;
}

/** Reads, checks and writes `-m nfacct --nfacct-name http`. */
export const nfacctMatch: TableDefinition<NfacctMatch> = optionTable(
  { kind: 'nfacct', name: 'nfacct', load: '-m' },
  ({ value }) => [value('--nfacct-name', 'name', textUpTo(31), { required: true })],
);
