import type { PortRange } from '../../address/port-range.ts';
import type { Side } from './side.ts';

/** `-m multiport --sports` or `--dports`: at most 15 slots, of which a range takes two. */
export interface MultiportMatch {
  readonly kind: 'multiport';
  readonly side: Side;
  readonly ranges: readonly PortRange[];
  readonly negated: boolean;
}
