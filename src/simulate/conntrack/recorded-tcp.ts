import { ASSUMED_WINDOW } from './tcp-segment.ts';
import { TCP_KIND, TCP_STATE } from './tcp-state.ts';
import { type TcpSide, TcpTracking } from './tcp-tracking.ts';

const CLOSING: readonly number[] = [
  TCP_STATE.FIN_WAIT,
  TCP_STATE.CLOSE_WAIT,
  TCP_STATE.LAST_ACK,
  TCP_STATE.TIME_WAIT,
];

/**
 * What a connection in a state remembers, as far as the state tells: both sides have sent their SYN and acknowledged all. A packet without
 * numbers fits, and so does the first of each side that has some; what is out of the window after that cannot be known, because the kernel
 * knows larger windows than are assumed here.
 */
export function recordedTcp(
  state: number,
  { seenReply }: { readonly seenReply: boolean },
): TcpTracking {
  const tracking = new TcpTracking();
  tracking.areNumbersUnknown = true;
  hasSent(tracking.original);
  if (state === TCP_STATE.SYN_SENT) return sentLast(tracking, TCP_KIND.syn, false);
  if (!seenReply) {
    // Picked up in the middle: only one side has been heard.
    tracking.original.liberal = true;
    tracking.reply.liberal = true;
    return sentLast(tracking, TCP_KIND.ack, false);
  }
  hasSent(tracking.reply);
  if (state === TCP_STATE.SYN_SENT2) {
    tracking.simultaneousOpen = true;
    return sentLast(tracking, TCP_KIND.syn, true);
  }
  tracking.reply.hasAcknowledged = true;
  tracking.reply.maxAck = tracking.original.end;
  if (state === TCP_STATE.SYN_RECV) return sentLast(tracking, TCP_KIND.synAck, true);
  tracking.original.hasAcknowledged = true;
  tracking.original.maxAck = tracking.reply.end;
  if (CLOSING.includes(state)) tracking.original.startedClosing = true;
  return sentLast(tracking, TCP_KIND.ack, false);
}

/** One byte, its SYN; the other side has room. */
function hasSent(side: TcpSide): void {
  side.end = 1;
  side.maxWindow = ASSUMED_WINDOW;
  side.maxEnd = 1 + ASSUMED_WINDOW;
}

function sentLast(tracking: TcpTracking, kind: number, isReply: boolean): TcpTracking {
  tracking.lastKind = kind;
  tracking.lastIsReply = isReply;
  tracking.lastSequence = 0;
  tracking.lastAcknowledgement = 1;
  tracking.lastEnd = 1;
  tracking.hasLastEnd = true;
  tracking.lastWindow = ASSUMED_WINDOW;
  return tracking;
}
