import type { Definition } from '../definition.ts';
import { MASKED_ADDRESS, type MaskedAddress, maskAddress } from '../option/address-codecs.ts';
import { not } from '../restore-text.ts';
import { renderStoredAddress } from '../stored-address.ts';
import type { Side } from './side.ts';

/** `-s` or `-d` with a mask that is no prefix length, or `! -s 0.0.0.0/0`, which no packet meets. */
export interface MaskedAddressMatch extends MaskedAddress {
  readonly kind: 'masked-address';
  readonly side: Side;
  readonly negated: boolean;
}

/** Checks and writes `-s 10.0.0.5/255.0.0.255`. */
export const maskedAddressMatch: Definition<MaskedAddressMatch> = {
  kind: 'masked-address',
  validate: ({ network, mask }, { family }) => {
    if (network.family !== family || mask.family !== family) {
      return `an IPv${family} rule cannot match ${renderStoredAddress(network)}`;
    }
    const kept = maskAddress(network, mask);
    return MASKED_ADDRESS.render({ network: kept, mask }, family) ===
      MASKED_ADDRESS.render({ network, mask }, family)
      ? undefined
      : 'an address with bits outside of its mask';
  },
  render: (match, { family }) =>
    `${not(match.negated)}${match.side === 'source' ? '-s' : '-d'} ${MASKED_ADDRESS.render(match, family)}`,
};
