import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';

/**
 * `-m tcp`, `-m udp`, `-m sctp` or `-m dccp` without an option: no fragment but the first meets it, and a packet that is too short for the
 * protocol's header is dropped by it. Source: netfilter-facts 6.3.
 */
export interface TransportHeaderMatch {
  readonly kind: 'transport-header';
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'dccp';
}

/** Checks and writes `-m tcp`. */
export const transportHeaderMatch: Definition<TransportHeaderMatch> = {
  kind: 'transport-header',
  validate: (match, { protocol }) =>
    protocol === IP_PROTOCOL[match.protocol]
      ? undefined
      : `-m ${match.protocol} needs the rule to match ${match.protocol}`,
  render: ({ protocol }) => `-m ${protocol}`,
};
