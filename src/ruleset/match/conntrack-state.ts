/** What `--ctstate` can name. SNAT and DNAT are true of translated connections, in both directions. */
export type ConntrackState =
  | 'INVALID'
  | 'NEW'
  | 'RELATED'
  | 'ESTABLISHED'
  | 'UNTRACKED'
  | 'SNAT'
  | 'DNAT';

/** `-m conntrack --ctstate`: any of the states. */
export interface ConntrackStateMatch {
  readonly kind: 'conntrack-state';
  readonly states: readonly ConntrackState[];
  readonly negated: boolean;
}
