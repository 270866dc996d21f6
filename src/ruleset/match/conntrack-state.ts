import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { GivenOptions } from '../option/given-options.ts';
import { listOf } from '../option/text-codecs.ts';
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
export const STATES: readonly ConntrackState[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
];

/** `-m conntrack --ctstate`: any of the states. `alias`: written as `-m state --state`, which is the same. */
export interface ConntrackStateMatch {
  readonly kind: 'conntrack-state';
  readonly states: readonly ConntrackState[];
  readonly negated: boolean;
  readonly alias?: 'state' | undefined;
}

/** Checks and writes `-m conntrack --ctstate RELATED,ESTABLISHED`. */
export const conntrackStateMatch: Definition<ConntrackStateMatch> = {
  kind: 'conntrack-state',
  validate: ({ states, alias }) => {
    if (states.length === 0) return 'ctstate without a state';
    return alias !== undefined && (states.includes('SNAT') || states.includes('DNAT'))
      ? 'a state that `-m state` does not know'
      : undefined;
  },
  render: ({ states, negated, alias }) => {
    const list = STATES.filter((s) => states.includes(s)).join(',');
    return alias === undefined
      ? `-m conntrack ${not(negated)}--ctstate ${list}`
      : `-m state ${not(negated)}--state ${list}`;
  },
};

const STATE_LIST = listOf(STATES);
const PLAIN_STATE_LIST = listOf(STATES.filter((state) => !/NAT$/.test(state)));

/** Reads `-m state --state`. */
export const stateExtension: Extension<ConntrackStateMatch> = {
  name: 'state',
  options: [{ flag: '--state', words: 1, negatable: true }],
  parse: (given, context) => {
    const option = given.get('--state');
    const states = readValue(given, option, PLAIN_STATE_LIST, context);
    return [{ kind: 'conntrack-state', states, negated: option.negated, alias: 'state' }];
  },
};

/** Reads `-m conntrack` where `--ctstate` is its only option. */
export function readConntrackState(
  given: GivenOptions,
  context: RuleContext,
): ConntrackStateMatch | undefined {
  const [option, ...others] = given.all;
  if (option?.flag !== '--ctstate' || others.length > 0) return undefined;
  const states = readValue(given, option, STATE_LIST, context);
  return { kind: 'conntrack-state', states, negated: option.negated };
}
