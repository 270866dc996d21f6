import { type PortRange, renderPortRange } from '../../address/port-range.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';
import type { Side } from './side.ts';

/** `-m multiport --sports` or `--dports`: at most 15 slots, of which a range takes two. */
export interface MultiportMatch {
  readonly kind: 'multiport';
  readonly side: Side;
  readonly ranges: readonly PortRange[];
  readonly negated: boolean;
}

/** How many slots a multiport match has. Source: XT_MULTI_PORTS, linux/netfilter/xt_multiport.h. */
export const MULTIPORT_SLOTS = 15;

/** How many slots a range takes. */
export function multiportSlots(range: PortRange): number {
  return range.first === range.last ? 1 : 2;
}

/** Checks and writes `-m multiport --dports 80,443,8000:8080`. */
export const multiportMatch: Definition<MultiportMatch> = {
  kind: 'multiport',
  validate: ({ ranges }, { protocol }) => {
    const slots = ranges.reduce((sum, range) => sum + multiportSlots(range), 0);
    if (slots === 0 || slots > MULTIPORT_SLOTS) return `${slots} ports in one multiport match`;
    return protocol === undefined || !hasPorts(protocol)
      ? 'ports need the rule to match a protocol that has them'
      : undefined;
  },
  render: ({ side, ranges, negated }) => {
    const option = side === 'source' ? '--sports' : '--dports';
    return `-m multiport ${not(negated)}${option} ${ranges.map(renderPortRange).join(',')}`;
  },
};
