import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { ipv4, ipv6 } from '../../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp } from '../../address/protocol.ts';
import type { Packet } from '../../packet/packet.ts';
import type { Tuple } from '../conntrack/connection.ts';
import { ConnectionEntry } from '../conntrack/connection-entry.ts';
import { trackIcmp } from '../conntrack/icmp.ts';
import { invertedIcmpKey } from '../conntrack/icmp-types.ts';
import type { OtherConnections } from '../conntrack/live-connections.ts';
import { trackTcp } from '../conntrack/tcp.ts';
import { TCP_STATE } from '../conntrack/tcp-state.ts';
import { TcpTracking } from '../conntrack/tcp-tracking.ts';
import { TCP_WORDS } from '../conntrack/tcp-words.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import type { TrackingVerdict } from '../conntrack/tracking-verdict.ts';
import { invertTuple, tupleOf } from '../conntrack/tuple.ts';
import { trackUdp } from '../conntrack/udp.ts';
import { ConnectionColumns } from './connection-columns.ts';
import type { ConnectionRecords } from './connection-records.ts';
import { FlowHeaders } from './flow-headers.ts';
import { STATE } from './plain-layout.ts';
import { PlainMemory } from './plain-memory.ts';
import { PlainProgram } from './plain-program.ts';
import {
  ARRIVAL_BITS,
  ARRIVAL_MASK,
  FIELD,
  FLAG,
  knownOutcome,
  STATE_SHIFT,
} from './record-layout.ts';
import { openTcp } from './tcp-opening.ts';

/**
 * The connections of the fast evaluator: without translation, and of TCP, UDP and ICMP queries alone.
 *
 * What a packet does to a connection is decided by the same functions as in the connection tracker: the record is read into an entry,
 * which they change, and written back once the packet's outcome is known; only what TCP remembers is changed where it stands.
 */
export class FastConnections implements OtherConnections {
  readonly records: ConnectionRecords;
  /** The same connections, for plain packets. */
  readonly plain: PlainProgram;
  readonly #columns: ConnectionColumns;
  readonly #settings: ConntrackSettings;
  readonly #entries: Readonly<Record<'tcp' | 'udp' | 'icmp', ConnectionEntry>>;
  /** What TCP tracking remembers of the selected record, where it stands; and of a connection that only begins. */
  readonly #tracking: TcpTracking = new TcpTracking();
  readonly #begun: TcpTracking = new TcpTracking();
  readonly #begunWords: Int32Array = new Int32Array(TCP_WORDS);
  /** What it remembered before the packet that is judged. */
  readonly #before: Int32Array = new Int32Array(TCP_WORDS);
  readonly #wanted: FlowHeaders = new FlowHeaders();
  /** The connection of the packet that was judged last. */
  #entry: ConnectionEntry;

  /** The memory may be shared with whoever counts, but with no other connections. */
  constructor(settings: ConntrackSettings, memory: PlainMemory = new PlainMemory()) {
    this.#settings = settings;
    this.#columns = new ConnectionColumns(memory);
    this.records = this.#columns.records;
    this.#begun.moveTo(this.#begunWords, 0);
    this.plain = new PlainProgram(memory, settings);
    const entries = {
      tcp: blankEntry(IP_PROTOCOL.tcp),
      udp: blankEntry(IP_PROTOCOL.udp),
      icmp: blankEntry(IP_PROTOCOL.icmp),
    };
    this.#entries = entries;
    this.#entry = entries.tcp;
  }

  get size(): number {
    return this.#columns.size;
  }

  /** Whether the packet that was looked up last travels against its connection's first one. HOT */
  get isReply(): boolean {
    return this.#columns.isReply;
  }

  /** Whether the connection of the packet that was judged last has been answered before. HOT */
  get seenReply(): boolean {
    return this.#entry.seenReply;
  }

  /** Selects the record of a connection that has not expired, and returns its number; -1 when there is none. HOT */
  find(headers: FlowHeaders, nowMs: number): number {
    const record = this.#columns.find(headers);
    if (record < 0) return -1;
    const { times, at } = this.records;
    if (times[(at + FIELD.expiresAt) >>> 1]! > nowMs) return record;
    this.#columns.remove(record);
    return -1;
  }

  /** Selects the connection of the plain packet that was not judged, and returns its record's number. HOT */
  selectPlain(): number {
    const { words } = this.plain.memory;
    const record = words[STATE.record / 4]!;
    this.records.select(record);
    this.#columns.isReply = words[STATE.isReply / 4] !== 0;
    return record;
  }

  /** Whether the selected connection has been answered. HOT */
  get isAnswered(): boolean {
    const { words, at } = this.records;
    return (words[at + FIELD.flags]! & FLAG.seenReply) !== 0;
  }

  /** Where packets of the looked up direction have come in, plus 2; 0 where that is not known. HOT */
  get arrival(): number {
    const { words, at } = this.records;
    const arrivals = words[at + FIELD.arrivals]!;
    return this.isReply ? arrivals >>> ARRIVAL_BITS : arrivals & ARRIVAL_MASK;
  }

  /** Notes where packets of the looked up direction come in from now on; their outcomes are no longer known. HOT */
  arriveAt(arrival: number): void {
    const { words, at } = this.records;
    const { isReply } = this;
    const others = words[at + FIELD.arrivals]! & (isReply ? ARRIVAL_MASK : ~ARRIVAL_MASK);
    words[at + FIELD.arrivals] = others | (isReply ? arrival << ARRIVAL_BITS : arrival);
    words[at + knownOutcome(isReply, false)] = 0;
    words[at + knownOutcome(isReply, true)] = 0;
  }

  /** The outcome of packets that come as the last ones of the selected connection did; -1 where it is not known. HOT */
  outcomeOf(isReply: boolean, isAnswered: boolean): number {
    const { words, at } = this.records;
    return words[at + knownOutcome(isReply, isAnswered)]! - 1;
  }

  setOutcome(isReply: boolean, isAnswered: boolean, outcome: number): void {
    const { words, at } = this.records;
    words[at + knownOutcome(isReply, isAnswered)] = outcome + 1;
  }

  /** What the selected record's protocol makes of a packet. Call `store` or `forget` next. HOT */
  judge(protocol: number, packet: Packet, isReply: boolean, nowMs: number): TrackingVerdict {
    const entry = this.#entryFor(protocol);
    this.#load(entry, protocol);
    if (protocol === IP_PROTOCOL.tcp) this.#tracking.copyTo(this.#before, 0);
    return this.#judge(entry, protocol, packet, isReply, nowMs);
  }

  /** Undoes `judge`. */
  forget(): void {
    if (this.#entry.tcp === undefined) return;
    const { words, at } = this.records;
    words.set(this.#before, at + FIELD.tcp);
  }

  /** What the protocol makes of a packet without connection; with `accept` it may begin one, by `confirm`. HOT */
  judgeNew(protocol: number, packet: Packet, nowMs: number): TrackingVerdict {
    const entry = this.#entryFor(protocol);
    entry.confirmed = false;
    entry.seenReply = false;
    entry.assured = false;
    entry.state = 0;
    entry.expiresAtMs = 0;
    entry.timeoutMs = 0;
    entry.streamFromMs = 0;
    if (protocol === IP_PROTOCOL.tcp) {
      entry.tcp = this.#begun;
      const timeoutMs = openTcp(packet, this.#begunWords, 0, this.#settings);
      if (timeoutMs >= 0) {
        entry.state = TCP_STATE.SYN_SENT;
        entry.timeoutMs = timeoutMs;
        return 'accept';
      }
    }
    return this.#judge(entry, protocol, packet, false, nowMs);
  }

  /** Writes what `judge` made of the selected record. HOT */
  store(): void {
    const entry = this.#entry;
    const { words, at, times } = this.records;
    words[at + FIELD.flags] =
      (entry.seenReply ? FLAG.seenReply : 0) |
      (entry.assured ? FLAG.assured : 0) |
      (entry.state << STATE_SHIFT);
    times[(at + FIELD.expiresAt) >>> 1] = entry.expiresAtMs;
    if (entry.tcp === undefined) times[(at + FIELD.streamFrom) >>> 1] = entry.streamFromMs;
    this.#columns.noteExpiry(entry.expiresAtMs);
    this.#columns.noteChange();
  }

  /** Notes that the packet that was judged last is a reply; before `store`. HOT */
  noteReply(): void {
    this.#entry.seenReply = true;
  }

  /** Keeps the connection that `judgeNew` began, and selects its record: its packet has arrived. */
  confirm(headers: FlowHeaders, nowMs: number): void {
    this.#columns.insert(headers);
    const { words, at } = this.records;
    this.#entry.tcp?.copyTo(words, at + FIELD.tcp);
    this.#entry.expiresAtMs = nowMs + this.#entry.timeoutMs;
    this.store();
  }

  /** Keeps the connection that the plain packet in a place begins, a SYN or of UDP, and selects its record. HOT */
  open(place: number): void {
    this.plain.code.openConnection(place, this.#columns.make());
  }

  remove(record: number): void {
    this.#columns.remove(record);
  }

  removeExpired(nowMs: number): void {
    this.#columns.removeExpired(nowMs);
  }

  hasForgettable(nowMs: number): boolean {
    return this.#columns.hasForgettable(nowMs);
  }

  has(tuple: Tuple, nowMs: number): boolean {
    return this.find(this.#headersOf(tuple), nowMs) >= 0;
  }

  /** Forgets the connection of a tuple and returns it as the tracker has it; undefined when there is none. */
  take(tuple: Tuple, nowMs: number): ConnectionEntry | undefined {
    const record = this.find(this.#headersOf(tuple), nowMs);
    if (record < 0) return undefined;
    const { words, at } = this.records;
    const kind = words[at + FIELD.kind]!;
    const family: IpFamily = (kind & 255) === 4 ? 4 : 6;
    const keys = words[at + FIELD.keys]!;
    const original = tupleOf(
      family,
      kind >>> 8,
      this.#addressOf(record, family, FIELD.source, 0),
      this.#addressOf(record, family, FIELD.destination, 3),
      keys >>> 16,
      keys & 0xffff,
    );
    const entry = new ConnectionEntry(original, invertTuple(original));
    entry.destinationNatDone = true;
    entry.sourceNatDone = true;
    this.#load(entry, original.protocol);
    entry.tcp = entry.tcp?.copy();
    this.#columns.remove(record);
    return entry;
  }

  /** Forgets every connection. */
  clear(): void {
    this.#columns.clear();
  }

  /** Reads the selected record; what TCP tracking remembers stays where it is. HOT */
  #load(entry: ConnectionEntry, protocol: number): void {
    const { words, at, times } = this.records;
    const flags = words[at + FIELD.flags]!;
    entry.confirmed = true;
    entry.seenReply = (flags & FLAG.seenReply) !== 0;
    entry.assured = (flags & FLAG.assured) !== 0;
    entry.state = flags >> STATE_SHIFT;
    entry.expiresAtMs = times[(at + FIELD.expiresAt) >>> 1]!;
    if (protocol === IP_PROTOCOL.tcp) {
      this.#tracking.moveTo(words, at + FIELD.tcp);
      entry.tcp = this.#tracking;
    } else entry.streamFromMs = times[(at + FIELD.streamFrom) >>> 1]!;
  }

  /** HOT */
  #entryFor(protocol: number): ConnectionEntry {
    const { tcp, udp, icmp } = this.#entries;
    this.#entry = protocol === IP_PROTOCOL.tcp ? tcp : protocol === IP_PROTOCOL.udp ? udp : icmp;
    return this.#entry;
  }

  /** HOT */
  #judge(
    entry: ConnectionEntry,
    protocol: number,
    packet: Packet,
    isReply: boolean,
    nowMs: number,
  ): TrackingVerdict {
    if (protocol === IP_PROTOCOL.tcp)
      return trackTcp(entry, packet, isReply, nowMs, this.#settings);
    if (protocol !== IP_PROTOCOL.udp) return trackIcmp(entry, packet, nowMs, this.#settings);
    trackUdp(entry, nowMs, this.#settings);
    return 'accept';
  }

  #addressOf(record: number, family: IpFamily, last: number, upper: 0 | 3): IpAddress {
    const word = this.records.words[this.records.at + last]!;
    if (family === 4) return ipv4(word);
    const uppers = this.records.uppersOf(record);
    const from = this.records.upperAt(record) + upper;
    return ipv6(uppers[from]!, uppers[from + 1]!, uppers[from + 2]!, word);
  }

  #headersOf({
    family,
    protocol,
    source,
    destination,
    sourceKey,
    destinationKey,
  }: Tuple): FlowHeaders {
    const headers = this.#wanted;
    headers.family = family;
    headers.protocol = protocol;
    headers.s0 = source.w0 | 0;
    headers.s1 = source.w1 | 0;
    headers.s2 = source.w2 | 0;
    headers.s3 = source.w3 | 0;
    headers.d0 = destination.w0 | 0;
    headers.d1 = destination.w1 | 0;
    headers.d2 = destination.w2 | 0;
    headers.d3 = destination.w3 | 0;
    headers.sourceKey = sourceKey;
    headers.destinationKey = destinationKey;
    headers.replySourceKey = isIcmp(protocol) ? sourceKey : destinationKey;
    headers.replyDestinationKey = isIcmp(protocol)
      ? invertedIcmpKey(family, destinationKey)
      : sourceKey;
    headers.mix();
    return headers;
  }
}

/** Only the protocol of its tuples means anything. */
function blankEntry(protocol: number): ConnectionEntry {
  const nowhere = ipv4(0);
  const tuple = tupleOf(4, protocol, nowhere, nowhere, 0, 0);
  return new ConnectionEntry(tuple, tuple);
}
