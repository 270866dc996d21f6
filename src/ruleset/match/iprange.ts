import { ADDRESS_RANGE, type AddressRange } from '../option/address-codecs.ts';
import type { Negatable } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m iprange`: addresses between two, both included. */
export interface IprangeMatch {
  readonly kind: 'iprange';
  readonly source: Negatable<AddressRange> | undefined;
  readonly destination: Negatable<AddressRange> | undefined;
}

/** Reads, checks and writes `-m iprange --src-range 192.0.2.1-192.0.2.9`. */
export const iprangeMatch: TableDefinition<IprangeMatch> = optionTable(
  {
    kind: 'iprange',
    name: 'iprange',
    load: '-m',
    check: ({ source, destination }) =>
      source === undefined && destination === undefined
        ? 'iprange needs --src-range or --dst-range'
        : undefined,
  },
  ({ negatable }) => [
    negatable('--src-range', 'source', ADDRESS_RANGE),
    negatable('--dst-range', 'destination', ADDRESS_RANGE),
  ],
);
