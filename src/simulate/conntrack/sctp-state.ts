/** The states of an SCTP association as seen from the middle. */
export const SCTP_STATE = {
  NONE: 0,
  CLOSED: 1,
  COOKIE_WAIT: 2,
  COOKIE_ECHOED: 3,
  ESTABLISHED: 4,
  SHUTDOWN_SENT: 5,
  SHUTDOWN_RECD: 6,
  SHUTDOWN_ACK_SENT: 7,
  HEARTBEAT_SENT: 8,
} as const;

type StateName = keyof typeof SCTP_STATE;

/** Where a chunk leads that cannot be part of the association. */
export const SCTP_INVALID = 9;

/** What one chunk does in one direction: the states that it changes. `other` is where the states go that are not named. */
interface Transitions {
  readonly other?: StateName | 'invalid';
  readonly from: Readonly<Partial<Record<StateName, StateName | 'invalid'>>>;
}

/** Chunks in the direction of the first one; a state that is not named stays. */
const ORIGINAL: Readonly<Record<string, Transitions>> = {
  INIT: {
    from: {
      NONE: 'CLOSED',
      SHUTDOWN_SENT: 'CLOSED',
      SHUTDOWN_RECD: 'CLOSED',
      HEARTBEAT_SENT: 'COOKIE_WAIT',
    },
  },
  INIT_ACK: { from: { NONE: 'CLOSED', HEARTBEAT_SENT: 'CLOSED' } },
  ABORT: { other: 'CLOSED', from: {} },
  SHUTDOWN: {
    from: { NONE: 'CLOSED', ESTABLISHED: 'SHUTDOWN_SENT', HEARTBEAT_SENT: 'CLOSED' },
  },
  SHUTDOWN_ACK: {
    from: {
      NONE: 'SHUTDOWN_ACK_SENT',
      SHUTDOWN_SENT: 'SHUTDOWN_ACK_SENT',
      SHUTDOWN_RECD: 'SHUTDOWN_ACK_SENT',
      HEARTBEAT_SENT: 'SHUTDOWN_ACK_SENT',
    },
  },
  ERROR: { from: { NONE: 'CLOSED', HEARTBEAT_SENT: 'CLOSED' } },
  COOKIE_ECHO: {
    from: { NONE: 'CLOSED', COOKIE_WAIT: 'COOKIE_ECHOED', HEARTBEAT_SENT: 'CLOSED' },
  },
  COOKIE_ACK: {
    from: { NONE: 'CLOSED', COOKIE_ECHOED: 'ESTABLISHED', HEARTBEAT_SENT: 'CLOSED' },
  },
  SHUTDOWN_COMPLETE: {
    from: { NONE: 'CLOSED', SHUTDOWN_ACK_SENT: 'CLOSED', HEARTBEAT_SENT: 'CLOSED' },
  },
  HEARTBEAT: { from: { NONE: 'HEARTBEAT_SENT' } },
  HEARTBEAT_ACK: { from: { NONE: 'CLOSED' } },
};

/** Chunks of the other side. Only heartbeats can answer an association that is known from a heartbeat alone. */
const REPLY: Readonly<Record<string, Transitions>> = {
  INIT: { from: { HEARTBEAT_SENT: 'invalid' } },
  INIT_ACK: { from: { CLOSED: 'COOKIE_WAIT', HEARTBEAT_SENT: 'invalid' } },
  ABORT: { other: 'CLOSED', from: { HEARTBEAT_SENT: 'invalid' } },
  SHUTDOWN: { from: { ESTABLISHED: 'SHUTDOWN_RECD', HEARTBEAT_SENT: 'invalid' } },
  SHUTDOWN_ACK: {
    from: {
      SHUTDOWN_SENT: 'SHUTDOWN_ACK_SENT',
      SHUTDOWN_RECD: 'SHUTDOWN_ACK_SENT',
      HEARTBEAT_SENT: 'invalid',
    },
  },
  ERROR: { from: { COOKIE_ECHOED: 'CLOSED', HEARTBEAT_SENT: 'invalid' } },
  COOKIE_ECHO: { from: { COOKIE_WAIT: 'COOKIE_ECHOED', HEARTBEAT_SENT: 'invalid' } },
  COOKIE_ACK: { from: { COOKIE_ECHOED: 'ESTABLISHED', HEARTBEAT_SENT: 'invalid' } },
  SHUTDOWN_COMPLETE: { from: { SHUTDOWN_ACK_SENT: 'CLOSED', HEARTBEAT_SENT: 'invalid' } },
  HEARTBEAT: { from: {} },
  HEARTBEAT_ACK: { from: { HEARTBEAT_SENT: 'ESTABLISHED' } },
};

const NAMES = Object.keys(SCTP_STATE) as StateName[];

/**
 * The state after `chunk` (by its iptables name); SCTP_INVALID when there is none. Chunks that open or close nothing, such as
 * DATA and SACK, leave the state as it is.
 *
 * Source: nf_conntrack_proto_sctp.c, sctp_conntracks (Linux 6.18).
 */
export function nextSctpState(isReply: boolean, state: number, chunk: string): number {
  const transitions = (isReply ? REPLY : ORIGINAL)[chunk];
  if (transitions === undefined) return state;
  if (isReply && state === SCTP_STATE.NONE) return SCTP_INVALID;
  const next = transitions.from[NAMES[state] as StateName] ?? transitions.other;
  if (next === undefined) return state;
  return next === 'invalid' ? SCTP_INVALID : SCTP_STATE[next];
}

/** `COOKIE_WAIT`, as `conntrack -L` prints it. */
export function sctpStateName(state: number): string {
  return NAMES[state] as string;
}
