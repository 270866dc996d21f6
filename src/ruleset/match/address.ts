import type { Cidr } from '../../address/cidr.ts';
import type { Side } from './side.ts';

/** `-s` or `-d` with one block. */
export interface AddressMatch {
  readonly kind: 'address';
  readonly side: Side;
  readonly cidr: Cidr;
  readonly negated: boolean;
}
