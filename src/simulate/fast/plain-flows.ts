import { IP_PROTOCOL } from '../../address/protocol.ts';
import { TCP_FLAG } from '../../packet/packet.ts';
import {
  HAS_OPTIONS,
  MOST_PLAIN,
  PLAIN,
  PLAIN_WORDS,
  type PlainPackets,
} from '../../packet/plain-packets.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import type { ConnectionColumns } from './connection-columns.ts';
import { FIELD, FLAG } from './connection-records.ts';
import { hashOfPorts } from './flow-headers.ts';
import { PlainSegments } from './plain-segments.ts';

/** `PlainFlows.take`: the packet's whole way must be asked about; nothing has changed. */
export const NOT_PLAIN = -3;

/** What a plain TCP segment may have set: ACK, and beside it PSH, ECE, CWR and URG. */
const UNUSUAL = TCP_FLAG.S | TCP_FLAG.F | TCP_FLAG.R | HAS_OPTIONS;

/**
 * Judges plain packets of connections that are there and have been answered, from arrays alone: nothing that rules look at differs from
 * the packet before in the same direction, whose outcome the connection's record holds. Everything else it leaves alone.
 */
export class PlainFlows {
  /** Hashes of those packets that were fetched last and begin a flow, as it seems; the first `unknownCount` of these. */
  readonly unknown: Int32Array = new Int32Array(MOST_PLAIN);
  unknownCount = 0;
  readonly #columns: ConnectionColumns;
  readonly #settings: ConntrackSettings;
  readonly #segments: PlainSegments;
  readonly #hashes: Int32Array = new Int32Array(MOST_PLAIN);

  constructor(columns: ConnectionColumns, settings: ConntrackSettings) {
    this.#columns = columns;
    this.#settings = settings;
    this.#segments = new PlainSegments(settings);
  }

  /** Prepares for the packets in the first `count` places, which will be taken next; changes nothing but their hashes. HOT */
  fetch({ words }: PlainPackets, count: number): void {
    const hashes = this.#hashes;
    for (let i = 0; i < count; i++) {
      const at = i * PLAIN_WORDS;
      const ports = words[at + PLAIN.ports]!;
      const hash = hashOfPorts(
        words[at + PLAIN.kind]! >>> 8,
        words[at + PLAIN.source]!,
        words[at + PLAIN.destination]!,
        ports >>> 16,
        ports & 0xffff,
      );
      words[at + PLAIN.hash] = hash;
      hashes[i] = hash;
    }
    this.unknownCount = this.#columns.fetch(hashes, count, this.unknown);
  }

  /**
   * The number of the outcome of the packet at a word, which has been fetched, and whose connection is selected then; NOT_PLAIN. `arrival`: as
   * records have it. HOT
   */
  take(packet: Int32Array, from: number, arrival: number, nowMs: number): number {
    const columns = this.#columns;
    const kind = packet[from + PLAIN.kind]!;
    const record = columns.find4(
      packet[from + PLAIN.source]!,
      packet[from + PLAIN.destination]!,
      packet[from + PLAIN.ports]!,
      kind,
      packet[from + PLAIN.hash]!,
    );
    if (record < 0) return NOT_PLAIN;
    const { words, times, at } = columns.records;
    if (times[(at + FIELD.expiresAt) >>> 1]! <= nowMs) return NOT_PLAIN;
    const { isReply } = columns;
    if (words[at + (isReply ? FIELD.replyIn : FIELD.originalIn)] !== arrival) return NOT_PLAIN;
    const flags = words[at + FIELD.flags]!;
    const isEstablished = isReply || (flags & FLAG.seenReply) !== 0;
    const outcome =
      words[
        at +
          (isReply
            ? FIELD.replyEstablished
            : isEstablished
              ? FIELD.originalEstablished
              : FIELD.originalAgain)
      ]! - 1;
    if (outcome < 0) return NOT_PLAIN;
    if (kind >>> 8 === IP_PROTOCOL.udp) this.#takeUdp(words, times, at, isReply, nowMs);
    else {
      if ((flags & FLAG.seenReply) === 0) return NOT_PLAIN;
      const segmentFlags = packet[from + PLAIN.flags]!;
      if ((segmentFlags & UNUSUAL) !== 0 || (segmentFlags & TCP_FLAG.A) === 0) return NOT_PLAIN;
      const timeoutMs = this.#segments.take(packet, from, words, at, isReply);
      if (timeoutMs < 0) return NOT_PLAIN;
      words[at + FIELD.flags] = flags | FLAG.assured;
      times[(at + FIELD.expiresAt) >>> 1] = nowMs + timeoutMs;
    }
    columns.noteExpiry(times[(at + FIELD.expiresAt) >>> 1]!);
    return outcome;
  }

  /** As `trackUdp`. HOT */
  #takeUdp(
    words: Int32Array,
    times: Float64Array,
    at: number,
    isReply: boolean,
    nowMs: number,
  ): void {
    let flags = words[at + FIELD.flags]!;
    const isStream =
      (flags & FLAG.seenReply) !== 0 && nowMs > times[(at + FIELD.streamFrom) >>> 1]!;
    if (isStream) flags |= FLAG.assured;
    if (isReply) flags |= FLAG.seenReply;
    words[at + FIELD.flags] = flags;
    const { udpStreamMs, udpMs } = this.#settings;
    times[(at + FIELD.expiresAt) >>> 1] = nowMs + (isStream ? udpStreamMs : udpMs);
  }
}
