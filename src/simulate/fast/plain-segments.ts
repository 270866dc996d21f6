import { PLAIN } from '../../packet/plain-packets.ts';
import { TCP_KIND, TCP_STATE } from '../conntrack/tcp-state.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import { FIELD } from './connection-records.ts';
import { SIDE, SIDE_BIT, TCP_BIT, TCP_WORD } from './stored-tcp.ts';

/** Said of a segment that connection tracking must judge by itself; nothing has changed. */
const LEFT = -1;

/** Acknowledgements may lag behind by this much at least. */
const MAXIMUM_ACK_LAG = 66_000;

/**
 * What an ACK within the window does to an established connection, straight on the words of its record.
 *
 * INVARIANT: the same as `trackTcp` does on a TcpTracking, wherever it does not leave the segment alone. Most segments of a capture are such.
 */
export class PlainSegments {
  readonly #establishedMs: number;
  readonly #settings: ConntrackSettings;

  constructor(settings: ConntrackSettings) {
    this.#settings = settings;
    this.#establishedMs = settings.tcpMs[TCP_STATE.ESTABLISHED]!;
  }

  /** For how many milliseconds the connection at `at` lives on after the plain packet at `from`; LEFT. It has been answered. HOT */
  take(packet: Int32Array, from: number, words: Int32Array, at: number, isReply: boolean): number {
    if (words[at + FIELD.state] !== TCP_STATE.ESTABLISHED) return LEFT;
    const tcp = at + FIELD.tcp;
    const sender = tcp + (isReply ? TCP_WORD.reply : TCP_WORD.original);
    const receiver = tcp + (isReply ? TCP_WORD.original : TCP_WORD.reply);
    const senderBits = words[sender + SIDE.bits]!;
    const receiverBits = words[receiver + SIDE.bits]!;
    const bits = words[tcp + TCP_WORD.bits]!;
    if ((senderBits & receiverBits & SIDE_BIT.anchored) === 0) return LEFT;
    if ((bits & TCP_BIT.areNumbersUnknown) !== 0) return LEFT;

    const sequence = (packet[from + PLAIN.sequence]! - words[sender + SIDE.base]!) | 0;
    const acknowledgement =
      (packet[from + PLAIN.acknowledgement]! - words[receiver + SIDE.base]!) | 0;
    const end = (sequence + packet[from + PLAIN.payloadBytes]!) | 0;
    if (!isWithin(words, sender, receiver, sequence, end, acknowledgement)) return LEFT;

    const window = packet[from + PLAIN.window]!;
    this.#noteNumbers(words, sender, receiver, end, acknowledgement, window);
    this.#noteLast(words, tcp, isReply, sequence, acknowledgement, end, window);
    words[tcp + TCP_WORD.lastKind] = TCP_KIND.ack;
    return this.#timeoutMs(words, tcp);
  }

  /** As `noteNumbers` of the tracker. HOT */
  #noteNumbers(
    words: Int32Array,
    sender: number,
    receiver: number,
    end: number,
    acknowledgement: number,
    unscaled: number,
  ): void {
    const window = unscaled << words[sender + SIDE.scale]!;
    let senderBits = words[sender + SIDE.bits]!;
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

  /** As `countRetransmissions` of the tracker. HOT */
  #noteLast(
    words: Int32Array,
    tcp: number,
    isReply: boolean,
    sequence: number,
    acknowledgement: number,
    end: number,
    window: number,
  ): void {
    const bits = words[tcp + TCP_WORD.bits]!;
    if (
      ((bits & TCP_BIT.lastIsReply) !== 0) === isReply &&
      words[tcp + TCP_WORD.lastSequence] === sequence &&
      words[tcp + TCP_WORD.lastAcknowledgement] === acknowledgement &&
      words[tcp + TCP_WORD.lastEnd] === end &&
      words[tcp + TCP_WORD.lastWindow] === window
    ) {
      words[tcp + TCP_WORD.retransmissions]!++;
      return;
    }
    words[tcp + TCP_WORD.lastSequence] = sequence;
    words[tcp + TCP_WORD.lastAcknowledgement] = acknowledgement;
    words[tcp + TCP_WORD.lastEnd] = end;
    words[tcp + TCP_WORD.lastWindow] = window;
    words[tcp + TCP_WORD.retransmissions] = 0;
    words[tcp + TCP_WORD.bits] =
      (isReply ? bits | TCP_BIT.lastIsReply : bits & ~TCP_BIT.lastIsReply) | TCP_BIT.hasLastEnd;
  }

  /** As `timeoutOf` of the tracker. HOT */
  #timeoutMs(words: Int32Array, tcp: number): number {
    const { tcpMaxRetrans, tcpMaxRetransMs, tcpUnacknowledgedMs } = this.#settings;
    const usual = this.#establishedMs;
    if (words[tcp + TCP_WORD.retransmissions]! >= tcpMaxRetrans && usual > tcpMaxRetransMs) {
      return tcpMaxRetransMs;
    }
    const eitherBits =
      words[tcp + TCP_WORD.original + SIDE.bits]! | words[tcp + TCP_WORD.reply + SIDE.bits]!;
    if ((eitherBits & SIDE_BIT.unacknowledged) !== 0 && usual > tcpUnacknowledgedMs) {
      return tcpUnacknowledgedMs;
    }
    if (words[tcp + TCP_WORD.lastWindow] === 0 && usual > tcpMaxRetransMs) return tcpMaxRetransMs;
    return usual;
  }
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
