import { IP_PROTOCOL } from '../../address/protocol.ts';
import {
  HAS_OPTIONS,
  MOST_PLAIN,
  PLAIN,
  PLAIN_WORDS,
  type PlainPackets,
} from '../../packet/plain-packets.ts';
import type { ConnectionEntry } from '../conntrack/connection-entry.ts';
import { trackTcp } from '../conntrack/tcp.ts';
import { TcpTracking } from '../conntrack/tcp-tracking.ts';
import { TCP_WORDS } from '../conntrack/tcp-words.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import type { ConnectionColumns } from './connection-columns.ts';
import {
  ARRIVAL_BITS,
  ARRIVAL_MASK,
  FIELD,
  FLAG,
  knownOutcome,
  STATE_SHIFT,
} from './connection-records.ts';
import { hashOfPorts } from './flow-headers.ts';
import type { HeaderReader } from './header-reader.ts';
import { PlainSegments } from './plain-segments.ts';

/** `PlainFlows.take`: the packet's whole way must be asked about; nothing has changed. */
export const NOT_PLAIN = -3;

/** The same of a packet whose flow has no connection, or one that has expired. */
export const NO_CONNECTION = -5;

/** The same where only its outcome is missing in its connection's record, which is selected. */
export const UNSETTLED = -4;

/**
 * Judges plain packets of connections that are there, from arrays alone: nothing that rules look at differs from
 * the packet before in the same direction, whose outcome the connection's record holds. Everything else it leaves alone.
 */
export class PlainFlows {
  /** Hashes of those packets that were fetched last and begin a flow, as it seems; the first `unknownCount` of these. */
  readonly unknown: Int32Array = new Int32Array(MOST_PLAIN);
  unknownCount = 0;
  readonly #columns: ConnectionColumns;
  readonly #settings: ConntrackSettings;
  readonly #segments: PlainSegments;
  readonly #reader: HeaderReader;
  readonly #tracking: TcpTracking = new TcpTracking();
  readonly #before: Int32Array = new Int32Array(TCP_WORDS);
  /** A TCP connection that has begun; the one that is asked about. */
  readonly #entry: ConnectionEntry;
  readonly #hashes: Int32Array = new Int32Array(MOST_PLAIN);

  constructor(
    columns: ConnectionColumns,
    settings: ConntrackSettings,
    reader: HeaderReader,
    entry: ConnectionEntry,
  ) {
    this.#columns = columns;
    this.#settings = settings;
    this.#segments = new PlainSegments(settings);
    this.#reader = reader;
    this.#entry = entry;
    entry.confirmed = true;
    entry.tcp = this.#tracking;
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
   * The number of the outcome of the packet at a word, which has been fetched, and whose connection is selected then; NOT_PLAIN,
   * NO_CONNECTION or UNSETTLED. `arrival`: as records have it. HOT
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
    if (record < 0) return NO_CONNECTION;
    const { words, times, at } = columns.records;
    if (times[(at + FIELD.expiresAt) >>> 1]! <= nowMs) {
      columns.remove(record);
      return NO_CONNECTION;
    }
    const { isReply } = columns;
    const arrivals = words[at + FIELD.arrivals]!;
    if ((isReply ? arrivals >>> ARRIVAL_BITS : arrivals & ARRIVAL_MASK) !== arrival) {
      return UNSETTLED;
    }
    const flags = words[at + FIELD.flags]!;
    const known = knownOutcome(isReply, (flags & FLAG.seenReply) !== 0);
    const outcome = words[at + known]! - 1;
    if (outcome < 0) return UNSETTLED;
    if (kind >>> 8 === IP_PROTOCOL.udp) this.#takeUdp(words, times, at, isReply, nowMs);
    else {
      const timeoutMs = this.#segments.take(packet, from, words, at, isReply);
      if (timeoutMs >= 0) {
        if (isReply) words[at + FIELD.flags]! |= FLAG.seenReply;
        times[(at + FIELD.expiresAt) >>> 1] = nowMs + timeoutMs;
      } else if ((packet[from + PLAIN.flags]! & HAS_OPTIONS) !== 0) return NOT_PLAIN;
      else {
        this.#reader.readPlain(packet, from);
        if (!this.#takeTcp(words, times, at, isReply, nowMs)) return NOT_PLAIN;
      }
    }
    columns.noteExpiry(times[(at + FIELD.expiresAt) >>> 1]!);
    if (words[at + FIELD.flags] !== flags) columns.noteChange();
    return outcome;
  }

  /** False where the segment does not go on in its connection; then nothing has changed. HOT */
  #takeTcp(
    words: Int32Array,
    times: Float64Array,
    at: number,
    isReply: boolean,
    nowMs: number,
  ): boolean {
    const entry = this.#entry;
    const flags = words[at + FIELD.flags]!;
    entry.seenReply = (flags & FLAG.seenReply) !== 0;
    entry.assured = (flags & FLAG.assured) !== 0;
    entry.state = flags >> STATE_SHIFT;
    entry.expiresAtMs = times[(at + FIELD.expiresAt) >>> 1]!;
    const tracking = this.#tracking;
    tracking.moveTo(words, at + FIELD.tcp);
    tracking.copyTo(this.#before, 0);
    if (trackTcp(entry, this.#reader.packet, isReply, nowMs, this.#settings) !== 'accept') {
      words.set(this.#before, at + FIELD.tcp);
      return false;
    }
    words[at + FIELD.flags] =
      (isReply || entry.seenReply ? FLAG.seenReply : 0) |
      (entry.assured ? FLAG.assured : 0) |
      (entry.state << STATE_SHIFT);
    times[(at + FIELD.expiresAt) >>> 1] = entry.expiresAtMs;
    return true;
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
