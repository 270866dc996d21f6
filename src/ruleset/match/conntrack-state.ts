import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';

/** What `--ctstate` can name. SNAT and DNAT are true of translated connections, in both directions. */
export type ConntrackState =
  | 'INVALID'
  | 'NEW'
  | 'RELATED'
  | 'ESTABLISHED'
  | 'UNTRACKED'
  | 'SNAT'
  | 'DNAT';

/** The order in which iptables-save prints states. Source: conntrack_print_state, libxt_conntrack.c, iptables 1.8.9. */
const STATE_ORDER: readonly ConntrackState[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
];

/** `-m conntrack --ctstate`: any of the states. */
export interface ConntrackStateMatch {
  readonly kind: 'conntrack-state';
  readonly states: readonly ConntrackState[];
  readonly negated: boolean;
}

/** Checks and writes `-m conntrack --ctstate RELATED,ESTABLISHED`. */
export const conntrackStateMatch: Definition<ConntrackStateMatch> = {
  kind: 'conntrack-state',
  validate: ({ states }) => (states.length === 0 ? 'ctstate without a state' : undefined),
  render: ({ states, negated }) =>
    `-m conntrack ${not(negated)}--ctstate ${STATE_ORDER.filter((s) => states.includes(s)).join(',')}`,
};
