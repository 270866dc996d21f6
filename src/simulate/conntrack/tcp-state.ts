import { TCP_FLAG } from '../../packet/packet.ts';

/** The states of a TCP connection as seen from the middle. The order matters: comparisons follow the kernel's. */
export const TCP_STATE = {
  NONE: 0,
  SYN_SENT: 1,
  SYN_RECV: 2,
  ESTABLISHED: 3,
  FIN_WAIT: 4,
  CLOSE_WAIT: 5,
  LAST_ACK: 6,
  TIME_WAIT: 7,
  CLOSE: 8,
  /** Simultaneous open: a SYN has been seen from both sides. */
  SYN_SENT2: 9,
} as const;

type StateName = keyof typeof TCP_STATE;

/** Where a segment leads instead of to a state: it is not part of the connection, or the entry may be out of step with it. */
export const TCP_INVALID = 10;
/** The entry may be out of step with the packet, which passes. */
export const TCP_IGNORE = 11;

/** What decides a transition: the strongest of RST, SYN, FIN and ACK. */
export const TCP_KIND = { syn: 0, synAck: 1, fin: 2, ack: 3, rst: 4, none: 5 } as const;

/** The kinds that lead to states; `none` leads nowhere. */
export const TCP_KINDS: number = TCP_KIND.none;

type Next = StateName | 'invalid' | 'ignore';
type Row = readonly [syn: Next, synAck: Next, fin: Next, ack: Next, rst: Next];

/** Segments in the direction of the first one. Columns: SYN, SYN-ACK, FIN, ACK, RST. */
const ORIGINAL: Record<StateName, Row> = {
  NONE: ['SYN_SENT', 'invalid', 'invalid', 'ESTABLISHED', 'invalid'],
  SYN_SENT: ['SYN_SENT', 'invalid', 'invalid', 'invalid', 'CLOSE'],
  SYN_RECV: ['ignore', 'SYN_RECV', 'FIN_WAIT', 'ESTABLISHED', 'CLOSE'],
  ESTABLISHED: ['ignore', 'invalid', 'FIN_WAIT', 'ESTABLISHED', 'CLOSE'],
  FIN_WAIT: ['ignore', 'invalid', 'LAST_ACK', 'CLOSE_WAIT', 'CLOSE'],
  CLOSE_WAIT: ['ignore', 'invalid', 'LAST_ACK', 'CLOSE_WAIT', 'CLOSE'],
  LAST_ACK: ['ignore', 'invalid', 'LAST_ACK', 'TIME_WAIT', 'CLOSE'],
  TIME_WAIT: ['SYN_SENT', 'invalid', 'TIME_WAIT', 'TIME_WAIT', 'CLOSE'],
  CLOSE: ['SYN_SENT', 'invalid', 'CLOSE', 'CLOSE', 'CLOSE'],
  SYN_SENT2: ['SYN_SENT2', 'SYN_RECV', 'invalid', 'invalid', 'CLOSE'],
};

/** Segments of the other side. */
const REPLY: Record<StateName, Row> = {
  NONE: ['invalid', 'invalid', 'invalid', 'invalid', 'invalid'],
  SYN_SENT: ['SYN_SENT2', 'SYN_RECV', 'invalid', 'ignore', 'CLOSE'],
  SYN_RECV: ['invalid', 'ignore', 'FIN_WAIT', 'SYN_RECV', 'CLOSE'],
  ESTABLISHED: ['invalid', 'ignore', 'FIN_WAIT', 'ESTABLISHED', 'CLOSE'],
  FIN_WAIT: ['invalid', 'ignore', 'LAST_ACK', 'CLOSE_WAIT', 'CLOSE'],
  CLOSE_WAIT: ['invalid', 'ignore', 'LAST_ACK', 'CLOSE_WAIT', 'CLOSE'],
  LAST_ACK: ['invalid', 'ignore', 'LAST_ACK', 'TIME_WAIT', 'CLOSE'],
  TIME_WAIT: ['SYN_SENT', 'ignore', 'TIME_WAIT', 'TIME_WAIT', 'CLOSE'],
  CLOSE: ['invalid', 'ignore', 'CLOSE', 'CLOSE', 'CLOSE'],
  SYN_SENT2: ['SYN_SENT2', 'SYN_RECV', 'invalid', 'ignore', 'CLOSE'],
};

const STATES = 10;

const NEXT: Uint8Array = flatten();

function flatten(): Uint8Array {
  const next = new Uint8Array(2 * STATES * TCP_KINDS);
  for (const [direction, rows] of [ORIGINAL, REPLY].entries()) {
    for (const [name, row] of Object.entries(rows) as [StateName, Row][]) {
      for (const [kind, to] of row.entries()) {
        next[(direction * STATES + TCP_STATE[name]) * TCP_KINDS + kind] =
          to === 'invalid' ? TCP_INVALID : to === 'ignore' ? TCP_IGNORE : TCP_STATE[to];
      }
    }
  }
  return next;
}

/**
 * The state after a segment of `kind` in direction 0 (original) or 1 (reply); TCP_INVALID or TCP_IGNORE when there is none.
 *
 * Source: nf_conntrack_proto_tcp.c, tcp_conntracks (Linux 6.18). HOT
 */
export function nextTcpState(direction: number, state: number, kind: number): number {
  if (kind === TCP_KIND.none) return TCP_INVALID;
  return NEXT[(direction * STATES + state) * TCP_KINDS + kind]!;
}

const NAMES = Object.keys(TCP_STATE);

/** `ESTABLISHED`, as `conntrack -L` prints it. */
export function tcpStateName(state: number): string {
  return NAMES[state] as string;
}

/** Whether a side has closed the connection. HOT */
export function isClosingTcp(state: number): boolean {
  return state >= TCP_STATE.FIN_WAIT && state <= TCP_STATE.CLOSE;
}

/** Which TCP_KIND the flags are. HOT */
export function tcpKind(flags: number): number {
  if ((flags & TCP_FLAG.R) !== 0) return TCP_KIND.rst;
  if ((flags & TCP_FLAG.S) !== 0)
    return (flags & TCP_FLAG.A) !== 0 ? TCP_KIND.synAck : TCP_KIND.syn;
  if ((flags & TCP_FLAG.F) !== 0) return TCP_KIND.fin;
  return (flags & TCP_FLAG.A) !== 0 ? TCP_KIND.ack : TCP_KIND.none;
}

const { F, S, R, A, U } = TCP_FLAG;
const JUDGED = F | S | R | A | U;
const SOUND = new Set([S, S | U, S | A, R, R | A, F | A, F | A | U, A, A | U]);
const IS_SOUND: readonly boolean[] = Array.from({ length: 256 }, (_, flags) =>
  SOUND.has(flags & JUDGED),
);

/** Whether a TCP stack may set these flags together; PSH, ECE and CWR go with all. HOT */
export function areSoundTcpFlags(flags: number): boolean {
  return IS_SOUND[flags & 255]!;
}
