import type { IpAddress } from '../../address/ip-address.ts';
import { ADDRESS } from '../option/address-codecs.ts';
import { INTERFACE_PATTERN } from '../option/interface-codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `TEE`: sends a copy to a host of the same network; evaluation goes on with the packet itself. */
export interface TeeTarget {
  readonly kind: 'tee';
  readonly gateway: IpAddress;
  readonly outInterface: string | undefined;
}

/** Reads, checks and writes `-j TEE --gateway 192.0.2.9`. */
export const teeTarget: TableDefinition<TeeTarget> = optionTable(
  { kind: 'tee', name: 'TEE', load: '-j' },
  ({ value }) => [
    value('--gateway', 'gateway', ADDRESS, { required: true }),
    value('--oif', 'outInterface', INTERFACE_PATTERN),
  ],
);
