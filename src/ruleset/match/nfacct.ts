import type { Codec } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { textUpTo } from '../option/text-codecs.ts';

/** `-m nfacct`: counts the packet under a name; every packet meets it. */
export interface NfacctMatch {
  readonly kind: 'nfacct';
  readonly name: string;
}

const NAME = textUpTo(31);

/** iptables-save prints two blanks before the name. Source: libxt_nfacct.c, iptables 1.8.9. */
const AFTER_TWO_BLANKS: Codec<string> = {
  ...NAME,
  render: (name, family) => ` ${NAME.render(name, family)}`,
};

/** Reads, checks and writes `-m nfacct --nfacct-name http`. */
export const nfacctMatch: TableDefinition<NfacctMatch> = optionTable(
  { kind: 'nfacct', name: 'nfacct', load: '-m' },
  ({ value }) => [value('--nfacct-name', 'name', AFTER_TWO_BLANKS, { required: true })],
);
