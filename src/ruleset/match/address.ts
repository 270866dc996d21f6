import type { Cidr } from '../../address/cidr.ts';
import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';
import { renderStoredCidr } from '../stored-address.ts';
import type { Side } from './side.ts';

/** `-s` or `-d` with one block. */
export interface AddressMatch {
  readonly kind: 'address';
  readonly side: Side;
  readonly cidr: Cidr;
  readonly negated: boolean;
}

/** Checks and writes `-s 10.0.0.0/8`, `! -d 2001:db8::/32`. */
export const addressMatch: Definition<AddressMatch> = {
  kind: 'address',
  validate: ({ cidr, negated }, { family }) => {
    if (cidr.network.family !== family) {
      return `an IPv${family} rule cannot match ${renderStoredCidr(cidr)}`;
    }
    // The kernel takes it from the legacy build only, and no packet meets it.
    return negated && cidr.prefixLength === 0 ? 'everything but every address' : undefined;
  },
  // iptables does not store a block that holds every address.
  render: ({ side, cidr, negated }) =>
    cidr.prefixLength === 0 && !negated
      ? ''
      : `${not(negated)}${side === 'source' ? '-s' : '-d'} ${renderStoredCidr(cidr)}`,
};
