import { type PortRange, renderPortRange } from '../../address/port-range.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';
import { MULTIPORT_SLOTS, multiportSlots } from './multiport.ts';

/** `-m multiport --ports`: the source port or the destination port is in one of the ranges. */
export interface MultiportEitherMatch {
  readonly kind: 'multiport-either';
  readonly ranges: readonly PortRange[];
  readonly negated: boolean;
}

/** Checks and writes `-m multiport --ports 80,443`. */
export const multiportEitherMatch: Definition<MultiportEitherMatch> = {
  kind: 'multiport-either',
  validate: ({ ranges }, { protocol }) => {
    const slots = ranges.reduce((sum, range) => sum + multiportSlots(range), 0);
    if (slots === 0 || slots > MULTIPORT_SLOTS) return `${slots} ports in one multiport match`;
    return protocol === undefined || !hasPorts(protocol)
      ? 'ports need the rule to match a protocol that has them'
      : undefined;
  },
  render: ({ ranges, negated }) =>
    `-m multiport ${not(negated)}--ports ${ranges.map(renderPortRange).join(',')}`,
};
