import type { ConnectionEntry } from './connection-entry.ts';
import type { Segment } from './tcp-segment.ts';
import { TCP_KIND, TCP_STATE } from './tcp-state.ts';
import type { TcpSide, TcpTracking } from './tcp-tracking.ts';
import { isBefore } from './tcp-window.ts';
import type { ConntrackSettings } from './timeouts.ts';

/** `close`: without a look at the window; `judge`: closes if it is in the window; `keep`: in the window it changes no state. */
export type RstVerdict = 'invalid' | 'close' | 'judge' | 'keep';

/**
 * Judges a RST that the state table takes for the connection's end.
 *
 * Source: nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet, case TCP_CONNTRACK_CLOSE (Linux 6.18). HOT
 */
export function judgeRst(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  segment: Segment,
  settings: ConntrackSettings,
): RstVerdict {
  if (entry.state >= TCP_STATE.FIN_WAIT && entry.state <= TCP_STATE.CLOSE) return 'close';
  const receiver = segment.isReply ? tracking.original : tracking.reply;
  if (receiver.hasAcknowledged && tracking.lastKind !== TCP_KIND.syn) {
    return judgeSequence(entry, tracking, segment, receiver, settings);
  }
  const answersLetThrough =
    (entry.seenReply && tracking.lastKind === TCP_KIND.syn) ||
    (!entry.assured && tracking.lastKind === TCP_KIND.ack);
  if (answersLetThrough && bearsLastEnd(segment, tracking)) return 'close';
  const answersChallengeAck =
    entry.state === TCP_STATE.SYN_SENT &&
    tracking.lastKind === TCP_KIND.ack &&
    tracking.lastIsReply &&
    !segment.isReply &&
    segment.sequence === tracking.lastAcknowledgement;
  return answersChallengeAck ? 'close' : 'judge';
}

/** Judges by what the other side has acknowledged: in an established connection only the very next number closes. HOT */
function judgeSequence(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  segment: Segment,
  receiver: TcpSide,
  settings: ConntrackSettings,
): RstVerdict {
  const isEstablished = entry.state === TCP_STATE.ESTABLISHED && entry.assured;
  if (segment.isSequenceZero && !isEstablished) return 'judge';
  if (isBefore(segment.sequence, receiver.maxAck) && !settings.tcpIgnoreInvalidRst) {
    return 'invalid';
  }
  if (!isEstablished || segment.sequence === receiver.maxAck) return 'judge';
  const followsOwnData =
    tracking.lastKind === TCP_KIND.ack &&
    tracking.lastIsReply === segment.isReply &&
    segment.sequence === tracking.lastEnd;
  return followsOwnData ? 'judge' : 'keep';
}

/**
 * Whether the acknowledgement is the end of the last segment. The kernel compares the numbers alone: a RST from the side that sent the last
 * segment, whose acknowledgement is of the other side's numbers, has it by chance, and only where both packets
 * name theirs. That this holds behind an ACK and not behind a SYN was seen on Linux 6.18. HOT
 */
function bearsLastEnd(segment: Segment, tracking: TcpTracking): boolean {
  if (tracking.lastIsReply !== segment.isReply) return acknowledgesLast(segment, tracking);
  const sender = segment.isReply ? tracking.reply : tracking.original;
  return (
    tracking.lastKind === TCP_KIND.ack &&
    sender.anchored &&
    tracking.hasLastEnd &&
    segment.wireAcknowledgement === ((sender.base + tracking.lastEnd) | 0)
  );
}

/** Whether the acknowledgement, 0 where there is none, is the end of the last segment, 0 where there was none. HOT */
export function acknowledgesLast(segment: Segment, tracking: TcpTracking): boolean {
  return tracking.hasLastEnd
    ? segment.hasAck && segment.acknowledgement === tracking.lastEnd
    : !segment.hasAck || segment.isAcknowledgementZero;
}
