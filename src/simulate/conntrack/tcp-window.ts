import type { ConnectionEntry } from './connection-entry.ts';
import type { Segment } from './tcp-segment.ts';
import { TCP_KIND, TCP_STATE } from './tcp-state.ts';
import type { TcpSide, TcpTracking } from './tcp-tracking.ts';

/** How a segment's numbers stand to the window; a segment to ignore passes and changes nothing. */
export type WindowVerdict = 'accept' | 'ignore' | 'invalid';

/** Said of a packet out of the windows that are assumed of a connection that was taken over. */
const UNKNOWN_WINDOWS =
  'a connection table does not tell the windows of a TCP connection, and the packet is far from the one before';

/** Acknowledgements may lag behind by this much at least. */
const MAXIMUM_ACK_LAG = 66_000;

/** Whether a comes before b in 32-bit sequence space. HOT */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/**
 * Judges a segment by its numbers and, where it fits, notes what it tells about the window. `beLiberal`: nothing is out of
 * the window.
 *
 * Source: nf_conntrack_proto_tcp.c, tcp_in_window (Linux 6.18). HOT
 */
export function judgeWindow(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  segment: Segment,
  beLiberal: boolean,
): WindowVerdict {
  const sender = segment.isReply ? tracking.reply : tracking.original;
  const receiver = segment.isReply ? tracking.original : tracking.reply;
  if (startsSide(entry, sender, receiver, segment)) return 'accept';
  const isUnheard = receiver.maxWindow === 0 && segment.hasAck;
  const ack = judgedAcknowledgement(segment, receiver, isUnheard);
  const sack = judgedSack(segment, receiver, ack);
  // Picked up in the middle, it acknowledges a side that has said nothing: beyond every bound, which is overlooked.
  if (isUnheard && sender.liberal && segment.wireAcknowledgement === undefined) return 'accept';
  // A RST that answers a SYN may bear no number of its own.
  const isBareRst = segment.isRst && segment.isSequenceZero && entry.state === TCP_STATE.SYN_SENT;
  const sequence = isBareRst ? sender.end : segment.sequence;
  const end = isBareRst ? sender.end : segment.end;

  const verdict = judgeBounds(sender, receiver, sequence, end, sack);
  if (verdict !== 'accept') {
    if (beLiberal || sender.liberal) return 'accept';
    if (tracking.areNumbersUnknown) entry.unknown ??= UNKNOWN_WINDOWS;
    return verdict;
  }
  noteNumbers(sender, receiver, segment, end, ack, sack);
  if (segment.kind === TCP_KIND.ack) countRetransmissions(tracking, segment, sequence, ack, end);
  return 'accept';
}

/** The acknowledgement to judge; one that is missing, and the 0 in the RST of a careless stack, are right. HOT */
function judgedAcknowledgement(segment: Segment, receiver: TcpSide, isUnheard: boolean): number {
  if (!segment.hasAck || (segment.isRst && segment.isAcknowledgementZero)) return receiver.end;
  // Nothing can be acknowledged of a side that has sent nothing; the kernel compares with the 0 that it starts with.
  if (isUnheard && segment.wireAcknowledgement !== undefined) return segment.wireAcknowledgement;
  return segment.acknowledgement;
}

/** Selective acknowledgements count for a receiver that takes them, with an acknowledgement that is judged itself. HOT */
function judgedSack(segment: Segment, receiver: TcpSide, ack: number): number {
  return receiver.sackPermitted && ack === segment.acknowledgement ? segment.sack : ack;
}

/** Notes what a segment within the bounds tells of both sides. HOT */
function noteNumbers(
  sender: TcpSide,
  receiver: TcpSide,
  segment: Segment,
  end: number,
  ack: number,
  sack: number,
): void {
  // The window in a SYN is never scaled.
  const window = segment.isSyn ? segment.window : segment.window << sender.scale;
  const reach = (window + ((sack - ack) | 0)) | 0;
  if (sender.maxWindow < reach) sender.maxWindow = reach;
  if (isBefore(sender.end, end)) {
    sender.end = end;
    sender.unacknowledged = true;
  }
  const acknowledged = receiver.maxWindow === 0 ? segment.acknowledgement : ack;
  if (segment.hasAck && (!sender.hasAcknowledged || isBefore(sender.maxAck, acknowledged))) {
    sender.maxAck = acknowledged;
    sender.hasAcknowledged = true;
  }
  if (receiver.maxWindow !== 0 && isBefore(sender.maxEnd, end)) {
    receiver.maxWindow += (end - sender.maxEnd) | 0;
  }
  const room = (sack + window) | 0;
  if (!isBefore(room, receiver.maxEnd)) {
    // A closed window takes one byte, to probe it.
    receiver.maxEnd = window === 0 ? (room + 1) | 0 : room;
  }
  if (ack === receiver.end) receiver.unacknowledged = false;
}

/** Takes the numbers of a side's first segment; true when there is nothing more to judge. HOT */
function startsSide(
  entry: ConnectionEntry,
  sender: TcpSide,
  receiver: TcpSide,
  segment: Segment,
): boolean {
  if (sender.maxWindow === 0) {
    if (segment.isSyn) {
      openSide(sender, receiver, segment);
      return !segment.hasAck;
    }
    const window = segment.window << sender.scale;
    sender.end = segment.end;
    sender.maxWindow = window === 0 ? 1 : window;
    sender.maxEnd = (segment.end + sender.maxWindow) | 0;
    const sack = receiver.sackPermitted ? segment.sack : segment.acknowledgement;
    if (receiver.maxWindow === 0) {
      receiver.end = sack;
      receiver.maxEnd = sack;
    } else if (sack === ((receiver.end + 1) | 0)) {
      receiver.end = sack;
    }
    return false;
  }
  if (
    segment.isSyn &&
    isBefore(sender.end, segment.end) &&
    (entry.state === TCP_STATE.SYN_SENT || entry.state === TCP_STATE.SYN_RECV)
  ) {
    openSide(sender, receiver, segment);
    return segment.isReply && !segment.hasAck;
  }
  return false;
}

/** Starts a side with its SYN. Windows are scaled only where both sides offered to. HOT */
function openSide(sender: TcpSide, receiver: TcpSide, segment: Segment): void {
  sender.end = segment.end;
  sender.maxEnd = segment.end;
  sender.maxWindow = segment.window === 0 ? 1 : segment.window;
  takeOptions(sender, segment);
  if (segment.isReply && !(sender.hasScale && receiver.hasScale)) {
    sender.scale = 0;
    receiver.scale = 0;
  }
}

/**
 * Takes what a SYN's options offer; everything else that was noted of its side is forgotten.
 *
 * Source: nf_conntrack_proto_tcp.c, tcp_options (Linux 6.18). HOT
 */
export function takeOptions(side: TcpSide, segment: Segment): void {
  side.hasScale = segment.windowScale >= 0;
  side.scale = side.hasScale ? segment.windowScale : 0;
  side.sackPermitted = segment.sackPermitted;
  side.hasAcknowledged = false;
  side.unacknowledged = false;
  side.startedClosing = false;
}

/** HOT */
function judgeBounds(
  sender: TcpSide,
  receiver: TcpSide,
  sequence: number,
  end: number,
  sack: number,
): WindowVerdict {
  const lag = sender.maxWindow > MAXIMUM_ACK_LAG ? sender.maxWindow : MAXIMUM_ACK_LAG;
  const isAckRecent = isBefore((receiver.end - lag - 1) | 0, sack);
  const isAckOfSentData = isBefore(sack, (receiver.end + 1) | 0);
  const isAboveLowerBound = isBefore((sender.end - receiver.maxWindow - 1) | 0, end);
  if (!isBefore(sequence, (sender.maxEnd + 1) | 0)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0;
    const isSlightlyAbove =
      receiver.maxWindow !== 0 &&
      isAboveLowerBound &&
      isAckRecent &&
      isAckOfSentData &&
      overshot <= receiver.maxWindow;
    if (!isSlightlyAbove) return 'invalid';
    sender.end = end;
    sender.unacknowledged = true;
    return 'ignore';
  }
  if (!isAckOfSentData) return 'invalid';
  if (receiver.maxWindow !== 0 && !isAboveLowerBound) return 'ignore';
  return isAckRecent ? 'accept' : 'ignore';
}

/** HOT */
function countRetransmissions(
  tracking: TcpTracking,
  segment: Segment,
  sequence: number,
  ack: number,
  end: number,
): void {
  // A packet that leaves its numbers out stands for ordinary traffic, not for the same segment again.
  if (
    segment.isSequenceGiven &&
    tracking.lastIsReply === segment.isReply &&
    tracking.lastSequence === sequence &&
    tracking.lastAcknowledgement === ack &&
    tracking.lastEnd === end &&
    tracking.lastWindow === segment.window
  ) {
    tracking.retransmissions++;
    return;
  }
  tracking.lastIsReply = segment.isReply;
  tracking.lastSequence = sequence;
  tracking.lastAcknowledgement = ack;
  tracking.lastEnd = end;
  tracking.hasLastEnd = true;
  tracking.lastWindow = segment.window;
  tracking.retransmissions = 0;
}
