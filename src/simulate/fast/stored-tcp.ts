import type { TcpSide, TcpTracking } from '../conntrack/tcp-tracking.ts';

/** Words that `storeTcp` takes: eight, then seven of each side. */
export const TCP_WORDS: number = 8 + 2 * 7;

/** Places of the words, from where `storeTcp` began; of each side's first. */
export const TCP_WORD = {
  lastKind: 0,
  lastSequence: 1,
  lastAcknowledgement: 2,
  lastEnd: 3,
  lastWindow: 4,
  lastScale: 5,
  retransmissions: 6,
  /** Bits of TCP_BIT. */
  bits: 7,
  original: 8,
  reply: 15,
} as const;

/** Places of one side's words. */
export const SIDE = {
  base: 0,
  end: 1,
  maxEnd: 2,
  maxWindow: 3,
  maxAck: 4,
  scale: 5,
  /** Bits of SIDE_BIT. */
  bits: 6,
} as const;

export const TCP_BIT = {
  lastIsReply: 1,
  hasLastEnd: 2,
  lastHasScale: 4,
  lastSackPermitted: 8,
  simultaneousOpen: 16,
  expectsChallengeAck: 32,
  areNumbersUnknown: 64,
} as const;

export const SIDE_BIT = {
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
  words[at + TCP_WORD.lastKind] = tracking.lastKind;
  words[at + TCP_WORD.lastSequence] = tracking.lastSequence;
  words[at + TCP_WORD.lastAcknowledgement] = tracking.lastAcknowledgement;
  words[at + TCP_WORD.lastEnd] = tracking.lastEnd;
  words[at + TCP_WORD.lastWindow] = tracking.lastWindow;
  words[at + TCP_WORD.lastScale] = tracking.lastScale;
  words[at + TCP_WORD.retransmissions] = tracking.retransmissions;
  words[at + TCP_WORD.bits] =
    (tracking.lastIsReply ? TCP_BIT.lastIsReply : 0) |
    (tracking.hasLastEnd ? TCP_BIT.hasLastEnd : 0) |
    (tracking.lastHasScale ? TCP_BIT.lastHasScale : 0) |
    (tracking.lastSackPermitted ? TCP_BIT.lastSackPermitted : 0) |
    (tracking.simultaneousOpen ? TCP_BIT.simultaneousOpen : 0) |
    (tracking.expectsChallengeAck ? TCP_BIT.expectsChallengeAck : 0) |
    (tracking.areNumbersUnknown ? TCP_BIT.areNumbersUnknown : 0);
  storeSide(words, at + TCP_WORD.original, tracking.original);
  storeSide(words, at + TCP_WORD.reply, tracking.reply);
}

/** Reads back what `storeTcp` wrote. HOT */
export function loadTcp(words: Int32Array, at: number, tracking: TcpTracking): void {
  tracking.lastKind = words[at + TCP_WORD.lastKind]!;
  tracking.lastSequence = words[at + TCP_WORD.lastSequence]!;
  tracking.lastAcknowledgement = words[at + TCP_WORD.lastAcknowledgement]!;
  tracking.lastEnd = words[at + TCP_WORD.lastEnd]!;
  tracking.lastWindow = words[at + TCP_WORD.lastWindow]!;
  tracking.lastScale = words[at + TCP_WORD.lastScale]!;
  tracking.retransmissions = words[at + TCP_WORD.retransmissions]!;
  const bits = words[at + TCP_WORD.bits]!;
  tracking.lastIsReply = (bits & TCP_BIT.lastIsReply) !== 0;
  tracking.hasLastEnd = (bits & TCP_BIT.hasLastEnd) !== 0;
  tracking.lastHasScale = (bits & TCP_BIT.lastHasScale) !== 0;
  tracking.lastSackPermitted = (bits & TCP_BIT.lastSackPermitted) !== 0;
  tracking.simultaneousOpen = (bits & TCP_BIT.simultaneousOpen) !== 0;
  tracking.expectsChallengeAck = (bits & TCP_BIT.expectsChallengeAck) !== 0;
  tracking.areNumbersUnknown = (bits & TCP_BIT.areNumbersUnknown) !== 0;
  loadSide(words, at + TCP_WORD.original, tracking.original);
  loadSide(words, at + TCP_WORD.reply, tracking.reply);
}

/** HOT */
function storeSide(words: Int32Array, at: number, side: TcpSide): void {
  words[at + SIDE.base] = side.base;
  words[at + SIDE.end] = side.end;
  words[at + SIDE.maxEnd] = side.maxEnd;
  words[at + SIDE.maxWindow] = side.maxWindow;
  words[at + SIDE.maxAck] = side.maxAck;
  words[at + SIDE.scale] = side.scale;
  words[at + SIDE.bits] =
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
  side.base = words[at + SIDE.base]!;
  side.end = words[at + SIDE.end]!;
  side.maxEnd = words[at + SIDE.maxEnd]!;
  side.maxWindow = words[at + SIDE.maxWindow]!;
  side.maxAck = words[at + SIDE.maxAck]!;
  side.scale = words[at + SIDE.scale]!;
  const bits = words[at + SIDE.bits]!;
  side.anchored = (bits & SIDE_BIT.anchored) !== 0;
  side.hasAcknowledged = (bits & SIDE_BIT.hasAcknowledged) !== 0;
  side.unacknowledged = (bits & SIDE_BIT.unacknowledged) !== 0;
  side.liberal = (bits & SIDE_BIT.liberal) !== 0;
  side.hasScale = (bits & SIDE_BIT.hasScale) !== 0;
  side.sackPermitted = (bits & SIDE_BIT.sackPermitted) !== 0;
  side.startedClosing = (bits & SIDE_BIT.startedClosing) !== 0;
}
