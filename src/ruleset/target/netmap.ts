import { MASKED_ADDRESS, type MaskedAddress, maskLength } from '../option/address-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { faultOfNatTable } from './nat-checks.ts';

/** `NETMAP`: the network part of the address is replaced, the host part stays; the destination before routing, the source after it. */
export interface NetmapTarget {
  readonly kind: 'netmap';
  readonly to: MaskedAddress;
}

/** Reads, checks and writes `-j NETMAP --to 10.1.0.0/24`. */
export const netmapTarget: TableDefinition<NetmapTarget> = optionTable(
  {
    kind: 'netmap',
    name: 'NETMAP',
    load: '-j',
    check: ({ to }, context) =>
      faultOfNatTable(context) ??
      (maskLength(to.mask) === undefined ? 'NETMAP needs a prefix length' : undefined),
  },
  ({ value }) => [value('--to', 'to', MASKED_ADDRESS, { required: true })],
);
