import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';
import type { Side } from './side.ts';

/** `-m addrtype --src-type LOCAL` or `--dst-type LOCAL`. */
export interface AddressTypeMatch {
  readonly kind: 'address-type';
  readonly side: Side;
  readonly type: 'LOCAL';
  readonly negated: boolean;
}

/** Checks and writes `-m addrtype --src-type LOCAL`. */
export const addressTypeMatch: Definition<AddressTypeMatch> = {
  kind: 'address-type',
  validate: () => undefined,
  render: ({ side, type, negated }) =>
    `-m addrtype ${not(negated)}${side === 'source' ? '--src-type' : '--dst-type'} ${type}`,
};
