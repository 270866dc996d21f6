import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';

/** `-m icmp --icmp-type any`, IPv4 only: every type and code of a packet that has them; negated: none. */
export interface IcmpAnyMatch {
  readonly kind: 'icmp-any';
  readonly negated: boolean;
}

/** Checks and writes `-m icmp --icmp-type any`. */
export const icmpAnyMatch: Definition<IcmpAnyMatch> = {
  kind: 'icmp-any',
  validate: (_match, { family, protocol }) =>
    family === 4 && protocol === IP_PROTOCOL.icmp
      ? undefined
      : 'every ICMP type needs an IPv4 rule that matches icmp',
  render: ({ negated }) => `-m icmp ${not(negated)}--icmp-type any`,
};
