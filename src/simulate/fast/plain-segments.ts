import { type Packet, TCP_FLAG } from '../../packet/packet.ts';
import { HAS_OPTIONS, PLAIN } from '../../packet/plain-packets.ts';
import { nextTcpState, TCP_KIND, TCP_STATE } from '../conntrack/tcp-state.ts';
import {
  BELOW_RETRANSMISSIONS,
  KIND_BITS,
  KIND_SHIFT,
  LAST,
  LAST_BIT,
  MOST_RETRANSMISSIONS,
  RETRANSMISSIONS_SHIFT,
  SCALE_BITS,
  SCALE_SHIFT,
  SIDE,
  SIDE_BIT,
  SIDE_WORDS,
  WINDOW_BITS,
} from '../conntrack/tcp-words.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import { FIELD, FLAG, STATE_SHIFT } from './connection-records.ts';

/** Said of a segment that connection tracking must judge by itself; nothing has changed. */
const LEFT = -1;

/** Acknowledgements may lag behind by this much at least. */
const MAXIMUM_ACK_LAG = 66_000;

/** What a segment may not have set here. */
const UNUSUAL = TCP_FLAG.R | HAS_OPTIONS;

/** What tells the first segment of a connection from others. */
const BEGINNING = TCP_FLAG.S | TCP_FLAG.A | TCP_FLAG.F | TCP_FLAG.R;

const SYN_ACK = TCP_FLAG.S | TCP_FLAG.A;
const NOT_WITH_SYN_ACK = TCP_FLAG.F | TCP_FLAG.U;

/**
 * What the first SYN and its SYN-ACK do to a connection, and then an ACK or FIN within the window, straight on the words of its record.
 *
 * INVARIANT: the same as `trackTcp` does on a TcpTracking, wherever it does not leave the segment alone. Most segments of a capture are such.
 */
export class PlainSegments {
  readonly #settings: ConntrackSettings;
  readonly #tcpMs: Float64Array;

  constructor(settings: ConntrackSettings) {
    this.#settings = settings;
    this.#tcpMs = Float64Array.from(settings.tcpMs);
  }

  /**
   * Takes the plain packet at `from` into the connection at `at`; for how many milliseconds that lives on then. LEFT: nothing has changed. HOT
   */
  take(packet: Int32Array, from: number, words: Int32Array, at: number, isReply: boolean): number {
    const segmentFlags = packet[from + PLAIN.flags]!;
    if ((segmentFlags & (UNUSUAL | TCP_FLAG.A)) !== TCP_FLAG.A) return LEFT;
    if ((segmentFlags & TCP_FLAG.S) === 0) {
      const isFin = (segmentFlags & TCP_FLAG.F) !== 0;
      return this.#goOn(packet, from, words, at, isReply, isFin);
    }
    return isReply ? this.#answer(packet, from, words, at) : LEFT;
  }

  /** An ACK, or FIN, of a connection that has been answered. HOT */
  #goOn(
    packet: Int32Array,
    from: number,
    words: Int32Array,
    at: number,
    isReply: boolean,
    isFin: boolean,
  ): number {
    const flags = words[at + FIELD.flags]!;
    if ((flags & FLAG.seenReply) === 0) return LEFT;
    const kind = isFin ? TCP_KIND.fin : TCP_KIND.ack;
    const state = flags >> STATE_SHIFT;
    const next = nextTcpState(isReply ? 1 : 0, state, kind);
    if (state === TCP_STATE.NONE || !isOnItsWay(next)) return LEFT;

    const tcp = at + FIELD.tcp;
    const sender = tcp + (isReply ? SIDE_WORDS : 0);
    const receiver = tcp + (isReply ? 0 : SIDE_WORDS);
    if (!isOrdinary(words, tcp)) return LEFT;
    const sequence = (packet[from + PLAIN.sequence]! - words[sender + SIDE.base]!) | 0;
    const acknowledgement =
      (packet[from + PLAIN.acknowledgement]! - words[receiver + SIDE.base]!) | 0;
    const end = (sequence + packet[from + PLAIN.payloadBytes]! + (isFin ? 1 : 0)) | 0;
    if (!isWithin(words, sender, receiver, sequence, end, acknowledgement)) return LEFT;

    const window = packet[from + PLAIN.window]!;
    noteNumbers(words, sender, receiver, end, acknowledgement, window);
    if (isFin) noteKind(words, tcp, isReply, TCP_KIND.fin);
    else noteLast(words, tcp, isReply, sequence, acknowledgement, end, window);
    if (state !== next) {
      if (next === TCP_STATE.FIN_WAIT) words[sender + SIDE.bits]! |= SIDE_BIT.startedClosing;
      words[at + FIELD.flags] = (flags & (FLAG.seenReply | FLAG.assured)) | (next << STATE_SHIFT);
    }
    // Before it was ESTABLISHED it can only have been SYN_RECV, or the same.
    if (next === TCP_STATE.ESTABLISHED) words[at + FIELD.flags]! |= FLAG.assured;
    return this.#timeoutMs(words, tcp, next);
  }

  /**
   * Begins a connection at `tcp`, whose words are written, with a SYN whose numbers are known; for how many milliseconds it lives then. LEFT: the packet is
   * something else, and nothing has changed. HOT
   */
  begin({ tcpFlags, tcpSequence, wire }: Packet, words: Int32Array, tcp: number): number {
    const facts = wire?.tcp;
    if ((tcpFlags & BEGINNING) !== TCP_FLAG.S || facts === undefined || tcpSequence === undefined) {
      return LEFT;
    }
    const { window, windowScale } = facts;
    const reply = tcp + SIDE_WORDS;
    const end = 1 + facts.payloadBytes;
    words[tcp + SIDE.base] = tcpSequence;
    words[tcp + SIDE.end] = end;
    words[tcp + SIDE.maxEnd] = end;
    words[tcp + SIDE.maxWindow] = window === 0 ? 1 : window;
    words[tcp + SIDE.maxAck] = 0;
    words[tcp + SIDE.bits] =
      SIDE_BIT.anchored |
      (windowScale < 0 ? 0 : SIDE_BIT.hasScale | (windowScale << SCALE_SHIFT)) |
      (facts.sackPermitted ? SIDE_BIT.sackPermitted : 0);
    words[reply + SIDE.base] = 0;
    words[reply + SIDE.end] = 0;
    // What the first window lets the other side send.
    words[reply + SIDE.maxEnd] = window === 0 ? 1 : window;
    words[reply + SIDE.maxWindow] = 0;
    words[reply + SIDE.maxAck] = 0;
    words[reply + SIDE.bits] = 0;
    words[tcp + LAST.sequence] = 0;
    words[tcp + LAST.acknowledgement] = 0;
    words[tcp + LAST.end] = 0;
    words[tcp + LAST.bits] = TCP_KIND.syn << KIND_SHIFT;
    return this.#timeoutMs(words, tcp, TCP_STATE.SYN_SENT);
  }

  /** The SYN-ACK that answers a connection's SYN. HOT */
  #answer(packet: Int32Array, from: number, words: Int32Array, at: number): number {
    const flags = words[at + FIELD.flags]!;
    if (flags >> STATE_SHIFT !== TCP_STATE.SYN_SENT || (flags & FLAG.seenReply) !== 0) return LEFT;
    if ((packet[from + PLAIN.flags]! & (SYN_ACK | NOT_WITH_SYN_ACK)) !== SYN_ACK) return LEFT;
    const opener = at + FIELD.tcp;
    const sender = opener + SIDE_WORDS;
    const isFirst =
      words[sender + SIDE.maxWindow] === 0 &&
      words[sender + SIDE.end] === 0 &&
      (words[sender + SIDE.bits]! & SIDE_BIT.anchored) === 0;
    const isWhole =
      (words[opener + SIDE.bits]! & SIDE_BIT.anchored) !== 0 && words[opener + SIDE.maxWindow]! > 0;
    const last = words[opener + LAST.bits]!;
    const isAfterSyn = ((last >>> KIND_SHIFT) & KIND_BITS) === TCP_KIND.syn;
    if (!isFirst || !isWhole || !isAfterSyn || (last & LAST_BIT.areNumbersUnknown) !== 0) {
      return LEFT;
    }
    const sent = words[opener + SIDE.end]!;
    const acknowledgement =
      (packet[from + PLAIN.acknowledgement]! - words[opener + SIDE.base]!) | 0;
    const window = packet[from + PLAIN.window]!;
    const end = 1 + packet[from + PLAIN.payloadBytes]!;
    const maxWindow = window === 0 ? 1 : window;
    const lag = maxWindow > MAXIMUM_ACK_LAG ? maxWindow : MAXIMUM_ACK_LAG;
    const isRecent = isBefore((sent - lag - 1) | 0, acknowledgement);
    if (!isRecent || !isBefore(acknowledgement, (sent + 1) | 0)) return LEFT;

    words[sender + SIDE.base] = packet[from + PLAIN.sequence]!;
    words[sender + SIDE.end] = end;
    words[sender + SIDE.maxEnd] = end;
    words[sender + SIDE.maxWindow] = maxWindow;
    words[sender + SIDE.maxAck] = 0;
    words[sender + SIDE.bits] = (words[sender + SIDE.bits]! & SIDE_BIT.liberal) | SIDE_BIT.anchored;
    // Without options there is no scaling, on neither side.
    words[opener + SIDE.bits]! &= ~(SCALE_BITS << SCALE_SHIFT);
    noteNumbers(words, sender, opener, end, acknowledgement, window);
    noteKind(words, opener, true, TCP_KIND.synAck);
    words[at + FIELD.flags] = (flags & FLAG.assured) | (TCP_STATE.SYN_RECV << STATE_SHIFT);
    return this.#timeoutMs(words, opener, TCP_STATE.SYN_RECV);
  }

  /** As `timeoutOf` of the tracker. HOT */
  #timeoutMs(words: Int32Array, tcp: number, state: number): number {
    const { tcpMaxRetrans, tcpMaxRetransMs, tcpUnacknowledgedMs } = this.#settings;
    const usual = this.#tcpMs[state]!;
    const originalBits = words[tcp + SIDE.bits]!;
    const retransmissions = originalBits >>> RETRANSMISSIONS_SHIFT;
    if (retransmissions >= tcpMaxRetrans && usual > tcpMaxRetransMs) return tcpMaxRetransMs;
    const eitherBits = originalBits | words[tcp + SIDE_WORDS + SIDE.bits]!;
    if ((eitherBits & SIDE_BIT.unacknowledged) !== 0 && usual > tcpUnacknowledgedMs) {
      return tcpUnacknowledgedMs;
    }
    const lastWindow = words[tcp + LAST.bits]! & WINDOW_BITS;
    return lastWindow === 0 && usual > tcpMaxRetransMs ? tcpMaxRetransMs : usual;
  }
}

/** Whether a state is one between the handshake and the end, none of which asks for more than the window. HOT */
function isOnItsWay(state: number): boolean {
  return state >= TCP_STATE.ESTABLISHED && state <= TCP_STATE.TIME_WAIT;
}

/** Whether the numbers of both sides are known, and no packet was let through that may have changed them. HOT */
function isOrdinary(words: Int32Array, tcp: number): boolean {
  const bothBits = words[tcp + SIDE.bits]! & words[tcp + SIDE_WORDS + SIDE.bits]!;
  const unusual = LAST_BIT.areNumbersUnknown | LAST_BIT.expectsChallengeAck;
  return (bothBits & SIDE_BIT.anchored) !== 0 && (words[tcp + LAST.bits]! & unusual) === 0;
}

/** As `noteNumbers` of the tracker. HOT */
function noteNumbers(
  words: Int32Array,
  sender: number,
  receiver: number,
  end: number,
  acknowledgement: number,
  unscaled: number,
): void {
  let senderBits = words[sender + SIDE.bits]!;
  const window = unscaled << ((senderBits >>> SCALE_SHIFT) & SCALE_BITS);
  if (words[sender + SIDE.maxWindow]! < window) words[sender + SIDE.maxWindow] = window;
  if (isBefore(words[sender + SIDE.end]!, end)) {
    words[sender + SIDE.end] = end;
    senderBits |= SIDE_BIT.unacknowledged;
  }
  const isNewer =
    (senderBits & SIDE_BIT.hasAcknowledged) === 0 ||
    isBefore(words[sender + SIDE.maxAck]!, acknowledgement);
  if (isNewer) {
    words[sender + SIDE.maxAck] = acknowledgement;
    senderBits |= SIDE_BIT.hasAcknowledged;
  }
  words[sender + SIDE.bits] = senderBits;
  const maxEnd = words[sender + SIDE.maxEnd]!;
  if (isBefore(maxEnd, end)) words[receiver + SIDE.maxWindow]! += (end - maxEnd) | 0;
  const room = (acknowledgement + window) | 0;
  if (!isBefore(room, words[receiver + SIDE.maxEnd]!)) {
    words[receiver + SIDE.maxEnd] = window === 0 ? room + 1 : room;
  }
  if (acknowledgement === words[receiver + SIDE.end]) {
    words[receiver + SIDE.bits]! &= ~SIDE_BIT.unacknowledged;
  }
}

/** HOT */
function noteKind(words: Int32Array, tcp: number, isReply: boolean, kind: number): void {
  const others = words[tcp + LAST.bits]! & ~(LAST_BIT.isReply | (KIND_BITS << KIND_SHIFT));
  words[tcp + LAST.bits] = others | (isReply ? LAST_BIT.isReply : 0) | (kind << KIND_SHIFT);
}

/** As `countRetransmissions` of the tracker, of an ACK. HOT */
function noteLast(
  words: Int32Array,
  tcp: number,
  isReply: boolean,
  sequence: number,
  acknowledgement: number,
  end: number,
  window: number,
): void {
  const last = words[tcp + LAST.bits]!;
  const isSame =
    ((last & LAST_BIT.isReply) !== 0) === isReply &&
    words[tcp + LAST.sequence] === sequence &&
    words[tcp + LAST.acknowledgement] === acknowledgement &&
    words[tcp + LAST.end] === end &&
    (last & WINDOW_BITS) === window;
  const bits = words[tcp + SIDE.bits]!;
  if (isSame) {
    if (bits >>> RETRANSMISSIONS_SHIFT < MOST_RETRANSMISSIONS) {
      words[tcp + SIDE.bits] = bits + (1 << RETRANSMISSIONS_SHIFT);
    }
  } else {
    words[tcp + LAST.sequence] = sequence;
    words[tcp + LAST.acknowledgement] = acknowledgement;
    words[tcp + LAST.end] = end;
    words[tcp + SIDE.bits] = bits & BELOW_RETRANSMISSIONS;
    words[tcp + LAST.bits] = (last & ~WINDOW_BITS) | LAST_BIT.hasEnd | window;
  }
  noteKind(words, tcp, isReply, TCP_KIND.ack);
}

/** Whether both sides have sent, and the segment is what `judgeWindow` accepts at once. HOT */
function isWithin(
  words: Int32Array,
  sender: number,
  receiver: number,
  sequence: number,
  end: number,
  acknowledgement: number,
): boolean {
  const senderWindow = words[sender + SIDE.maxWindow]!;
  const receiverWindow = words[receiver + SIDE.maxWindow]!;
  // A window that has outgrown its word is left to whoever counts in larger ones.
  if (senderWindow <= 0 || receiverWindow <= 0) return false;
  const lag = senderWindow > MAXIMUM_ACK_LAG ? senderWindow : MAXIMUM_ACK_LAG;
  const sent = words[receiver + SIDE.end]!;
  return (
    isBefore(sequence, (words[sender + SIDE.maxEnd]! + 1) | 0) &&
    isBefore((sent - lag - 1) | 0, acknowledgement) &&
    isBefore(acknowledgement, (sent + 1) | 0) &&
    isBefore((words[sender + SIDE.end]! - receiverWindow - 1) | 0, end)
  );
}

/** Whether a comes before b in 32-bit sequence space. HOT */
function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
