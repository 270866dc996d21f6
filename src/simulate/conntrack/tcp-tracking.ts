import { TCP_KIND } from './tcp-state.ts';

/**
 * What is known of the numbers that one side sends. Numbers are signed 32-bit and relative: `base` is what to add for the
 * number on the wire, once a packet has said one (`anchored`).
 */
export class TcpSide {
  base = 0;
  anchored = false;
  /** One past the last byte that was sent. */
  end = 0;
  /** One past the last byte that the other side has room for. */
  maxEnd = 0;
  /** The largest window that this side has offered; 0 as long as it has sent nothing. */
  maxWindow = 0;
  /** The highest acknowledgement that this side has sent, in the other side's numbers. */
  maxAck = 0;
  hasAcknowledged = false;
  /** Data of this side waits for its acknowledgement. */
  unacknowledged = false;
  /** Picked up in the middle: its window cannot be judged. */
  liberal = false;
  /** By how many bits its windows are shifted, and whether its SYN offered to. */
  scale = 0;
  hasScale = false;
  /** It takes selective acknowledgements. */
  sackPermitted = false;
  /** It sent the first FIN. */
  startedClosing = false;

  /** Forgets what was sent, for a side that starts anew. */
  reset(): void {
    this.end = 0;
    this.maxEnd = 0;
    this.maxWindow = 0;
    this.maxAck = 0;
    this.hasAcknowledged = false;
    this.unacknowledged = false;
    this.startedClosing = false;
    this.liberal = false;
    this.scale = 0;
    this.hasScale = false;
    this.sackPermitted = false;
  }

  /** Forgets everything. */
  clear(): void {
    this.reset();
    this.base = 0;
    this.anchored = false;
  }

  copyFrom(other: TcpSide): void {
    this.base = other.base;
    this.anchored = other.anchored;
    this.end = other.end;
    this.maxEnd = other.maxEnd;
    this.maxWindow = other.maxWindow;
    this.maxAck = other.maxAck;
    this.hasAcknowledged = other.hasAcknowledged;
    this.unacknowledged = other.unacknowledged;
    this.liberal = other.liberal;
    this.scale = other.scale;
    this.hasScale = other.hasScale;
    this.sackPermitted = other.sackPermitted;
    this.startedClosing = other.startedClosing;
  }
}

/** What a TCP connection remembers beside its state. */
export class TcpTracking {
  readonly original: TcpSide = new TcpSide();
  readonly reply: TcpSide = new TcpSide();
  /** Of the last packet that was taken or let through: its TCP_KIND, whether it was a reply, and its numbers. */
  lastKind: number = TCP_KIND.none;
  lastIsReply = false;
  lastSequence = 0;
  lastAcknowledgement = 0;
  lastEnd = 0;
  /** As long as it is false, `lastEnd` is the wire's 0, whatever the numbers are relative to. */
  hasLastEnd = false;
  lastWindow = 0;
  /** What a SYN that was let through offered. */
  lastScale = 0;
  lastHasScale = false;
  lastSackPermitted = false;
  /** How often the last ACK came again without any change. */
  retransmissions = 0;
  simultaneousOpen = false;
  /** It was taken over from a table, which does not tell its numbers and windows. */
  areNumbersUnknown = false;
  /** A SYN was let through while the last ACK is awaited: the next ACK may answer that SYN. */
  expectsChallengeAck = false;

  /** Forgets everything. */
  clear(): void {
    this.original.clear();
    this.reply.clear();
    this.lastKind = TCP_KIND.none;
    this.lastIsReply = false;
    this.lastSequence = 0;
    this.lastAcknowledgement = 0;
    this.lastEnd = 0;
    this.hasLastEnd = false;
    this.lastWindow = 0;
    this.lastScale = 0;
    this.lastHasScale = false;
    this.lastSackPermitted = false;
    this.retransmissions = 0;
    this.simultaneousOpen = false;
    this.areNumbersUnknown = false;
    this.expectsChallengeAck = false;
  }

  copy(): TcpTracking {
    const copy = new TcpTracking();
    copy.original.copyFrom(this.original);
    copy.reply.copyFrom(this.reply);
    copy.lastKind = this.lastKind;
    copy.lastIsReply = this.lastIsReply;
    copy.lastSequence = this.lastSequence;
    copy.lastAcknowledgement = this.lastAcknowledgement;
    copy.lastEnd = this.lastEnd;
    copy.hasLastEnd = this.hasLastEnd;
    copy.lastWindow = this.lastWindow;
    copy.lastScale = this.lastScale;
    copy.lastHasScale = this.lastHasScale;
    copy.lastSackPermitted = this.lastSackPermitted;
    copy.retransmissions = this.retransmissions;
    copy.simultaneousOpen = this.simultaneousOpen;
    copy.areNumbersUnknown = this.areNumbersUnknown;
    copy.expectsChallengeAck = this.expectsChallengeAck;
    return copy;
  }
}

/** What was offered when the connection began is not known: nothing is out of the window, and acknowledgements may be selective. */
export function beginInTheMiddle({ original, reply }: TcpTracking): void {
  original.liberal = true;
  original.sackPermitted = true;
  reply.liberal = true;
  reply.sackPermitted = true;
}
