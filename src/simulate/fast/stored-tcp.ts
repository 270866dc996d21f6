import type { TcpSide, TcpTracking } from '../conntrack/tcp-tracking.ts';

/** Words that `storeTcp` takes: eight, then seven of each side. */
export const TCP_WORDS: number = 8 + 2 * 7;

const BIT = {
  lastIsReply: 1,
  hasLastEnd: 2,
  lastHasScale: 4,
  lastSackPermitted: 8,
  simultaneousOpen: 16,
  expectsChallengeAck: 32,
  areNumbersUnknown: 64,
} as const;

const SIDE_BIT = {
  anchored: 1,
  hasAcknowledged: 2,
  unacknowledged: 4,
  liberal: 8,
  hasScale: 16,
  sackPermitted: 32,
  startedClosing: 64,
} as const;

/** Writes what a TCP connection remembers as words, from `at` on. HOT */
export function storeTcp(words: Int32Array, at: number, tracking: TcpTracking): void {
  words[at] = tracking.lastKind;
  words[at + 1] = tracking.lastSequence;
  words[at + 2] = tracking.lastAcknowledgement;
  words[at + 3] = tracking.lastEnd;
  words[at + 4] = tracking.lastWindow;
  words[at + 5] = tracking.lastScale;
  words[at + 6] = tracking.retransmissions;
  words[at + 7] =
    (tracking.lastIsReply ? BIT.lastIsReply : 0) |
    (tracking.hasLastEnd ? BIT.hasLastEnd : 0) |
    (tracking.lastHasScale ? BIT.lastHasScale : 0) |
    (tracking.lastSackPermitted ? BIT.lastSackPermitted : 0) |
    (tracking.simultaneousOpen ? BIT.simultaneousOpen : 0) |
    (tracking.expectsChallengeAck ? BIT.expectsChallengeAck : 0) |
    (tracking.areNumbersUnknown ? BIT.areNumbersUnknown : 0);
  storeSide(words, at + 8, tracking.original);
  storeSide(words, at + 15, tracking.reply);
}

/** Reads back what `storeTcp` wrote. HOT */
export function loadTcp(words: Int32Array, at: number, tracking: TcpTracking): void {
  tracking.lastKind = words[at]!;
  tracking.lastSequence = words[at + 1]!;
  tracking.lastAcknowledgement = words[at + 2]!;
  tracking.lastEnd = words[at + 3]!;
  tracking.lastWindow = words[at + 4]!;
  tracking.lastScale = words[at + 5]!;
  tracking.retransmissions = words[at + 6]!;
  const bits = words[at + 7]!;
  tracking.lastIsReply = (bits & BIT.lastIsReply) !== 0;
  tracking.hasLastEnd = (bits & BIT.hasLastEnd) !== 0;
  tracking.lastHasScale = (bits & BIT.lastHasScale) !== 0;
  tracking.lastSackPermitted = (bits & BIT.lastSackPermitted) !== 0;
  tracking.simultaneousOpen = (bits & BIT.simultaneousOpen) !== 0;
  tracking.expectsChallengeAck = (bits & BIT.expectsChallengeAck) !== 0;
  tracking.areNumbersUnknown = (bits & BIT.areNumbersUnknown) !== 0;
  loadSide(words, at + 8, tracking.original);
  loadSide(words, at + 15, tracking.reply);
}

/** HOT */
function storeSide(words: Int32Array, at: number, side: TcpSide): void {
  words[at] = side.base;
  words[at + 1] = side.end;
  words[at + 2] = side.maxEnd;
  words[at + 3] = side.maxWindow;
  words[at + 4] = side.maxAck;
  words[at + 5] = side.scale;
  words[at + 6] =
    (side.anchored ? SIDE_BIT.anchored : 0) |
    (side.hasAcknowledged ? SIDE_BIT.hasAcknowledged : 0) |
    (side.unacknowledged ? SIDE_BIT.unacknowledged : 0) |
    (side.liberal ? SIDE_BIT.liberal : 0) |
    (side.hasScale ? SIDE_BIT.hasScale : 0) |
    (side.sackPermitted ? SIDE_BIT.sackPermitted : 0) |
    (side.startedClosing ? SIDE_BIT.startedClosing : 0);
}

/** HOT */
function loadSide(words: Int32Array, at: number, side: TcpSide): void {
  side.base = words[at]!;
  side.end = words[at + 1]!;
  side.maxEnd = words[at + 2]!;
  side.maxWindow = words[at + 3]!;
  side.maxAck = words[at + 4]!;
  side.scale = words[at + 5]!;
  const bits = words[at + 6]!;
  side.anchored = (bits & SIDE_BIT.anchored) !== 0;
  side.hasAcknowledged = (bits & SIDE_BIT.hasAcknowledged) !== 0;
  side.unacknowledged = (bits & SIDE_BIT.unacknowledged) !== 0;
  side.liberal = (bits & SIDE_BIT.liberal) !== 0;
  side.hasScale = (bits & SIDE_BIT.hasScale) !== 0;
  side.sackPermitted = (bits & SIDE_BIT.sackPermitted) !== 0;
  side.startedClosing = (bits & SIDE_BIT.startedClosing) !== 0;
}
