import type { Side } from './side.ts';

/** `-m addrtype --src-type LOCAL` or `--dst-type LOCAL`. */
export interface AddressTypeMatch {
  readonly kind: 'address-type';
  readonly side: Side;
  readonly type: 'LOCAL';
  readonly negated: boolean;
}
