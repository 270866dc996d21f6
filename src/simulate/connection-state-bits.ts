import type { ConntrackState } from '../ruleset/match/conntrack-state.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** The bit of each state that `--ctstate` can name. */
export const STATE_BIT: Readonly<Record<ConntrackState, number>> = {
  INVALID: 1,
  NEW: 2,
  RELATED: 4,
  ESTABLISHED: 8,
  UNTRACKED: 16,
  SNAT: 32,
  DNAT: 64,
};

/**
 * The states that `--ctstate` sees, as bits. Before connection tracking (table raw) there is no entry, which reads as INVALID.
 * Source: xt_conntrack.c, conntrack_mt; netfilter-facts 2.1, 3.6, 4.2.
 */
export function stateBits(packet: PacketInFlight): number {
  if (packet.state === undefined) {
    if (packet.noTrack) return STATE_BIT.UNTRACKED;
    // A template is a connection without anything, and so a new one.
    return packet.template !== undefined ? STATE_BIT.NEW : STATE_BIT.INVALID;
  }
  let bits = PLAIN_STATE_BIT[packet.state];
  const connection = packet.connection;
  if (connection !== undefined) {
    if (connection.sourceNat) bits |= STATE_BIT.SNAT;
    if (connection.destinationNat) bits |= STATE_BIT.DNAT;
  }
  return bits;
}

const PLAIN_STATE_BIT = {
  new: STATE_BIT.NEW,
  established: STATE_BIT.ESTABLISHED,
  related: STATE_BIT.RELATED,
  invalid: STATE_BIT.INVALID,
  untracked: STATE_BIT.UNTRACKED,
} as const;

/** The states of a `--ctstate` list as bits. */
export function stateMask(states: readonly ConntrackState[]): number {
  let mask = 0;
  for (let i = 0; i < states.length; i++) mask |= STATE_BIT[states[i]!];
  return mask;
}
