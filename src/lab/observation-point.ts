import type { ConnectionState } from '../packet/packet.ts';
import type { Hook } from '../ruleset/hook.ts';

/** A place where the kernel reports a packet, at the first or the last priority of a hook. */
export interface ObservationPoint {
  /** One letter, with which the kernel's message begins. */
  readonly code: string;
  readonly hook: Hook;
  readonly edge: 'start' | 'end';
}

/**
 * All of them, small letters for a hook's end. Every report costs about as much as the rest of a packet's way: where a hook's end says no
 * more than the next one's start, it is left out.
 */
export const OBSERVATION_POINTS: readonly ObservationPoint[] = [
  { code: 'P', hook: 'prerouting', edge: 'start' },
  { code: 'p', hook: 'prerouting', edge: 'end' },
  { code: 'I', hook: 'input', edge: 'start' },
  { code: 'i', hook: 'input', edge: 'end' },
  { code: 'F', hook: 'forward', edge: 'start' },
  { code: 'O', hook: 'output', edge: 'start' },
  { code: 's', hook: 'postrouting', edge: 'end' },
];

/** What a message begins with that tells the connection's state. */
export const STATE_CODES: Readonly<Record<ConnectionState, string>> = {
  new: '1',
  established: '2',
  related: '3',
  invalid: '4',
  untracked: '5',
};

/** What a message begins with about a packet that the host made itself: a REJECT's answer, an ICMP error, a reply of its stack. */
export const MADE_CODE = 'M';

/** The NFLOG group of the lab's own messages. The kernel's TRACE takes 0. */
export const LOG_GROUP = 1;
