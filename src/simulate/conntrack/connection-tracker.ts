import { sameIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionRecord } from '../../host/connections/connection-record.ts';
import { zoneOf } from '../connection-template.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';
import { assumeEstablished, belongsToOlder, isAnswerToOpening } from './assumed-connection.ts';
import type { Tuple } from './connection.ts';
import { ConnectionEntry } from './connection-entry.ts';
import { ANY_ZONE, NO_ZONE } from './connection-zone.ts';
import {
  destinationKeyOf,
  isPortTracked,
  isUntrackable,
  quotedTuple,
  sourceKeyOf,
} from './flow-keys.ts';
import { trackGeneric } from './generic.ts';
import { trackIcmp } from './icmp.ts';
import { icmpKind, isTrackedIcmp } from './icmp-types.ts';
import { LiveConnections, type OtherConnections } from './live-connections.ts';
import { bindEntryDestination, bindEntrySource, rewriteDestination, rewriteSource } from './nat.ts';
import type { NatOutcome, NatPlace } from './nat-place.ts';
import { recordedEntry } from './recorded-entry.ts';
import { trackSctp } from './sctp.ts';
import { trackTcp } from './tcp.ts';
import { TCP_STATE } from './tcp-state.ts';
import { becomeExpected, beginAs, flowOf, leaveToPolicy } from './template-effects.ts';
import { type ConntrackSettings, conntrackSettings } from './timeouts.ts';
import type { TrackingVerdict } from './tracking-verdict.ts';
import { invertTuple, sameTuple, tupleOf } from './tuple.ts';
import { trackUdp } from './udp.ts';

export type { NatOutcome, NatPlace } from './nat-place.ts';

/** What becomes of a packet for whose connection there is no room, and why that may not be so. */
export const TABLE_FULL = 'the connection table is full';
export const MAY_MAKE_ROOM =
  'the connection table is full, and the kernel may forget a connection that is not assured, or closing, to make room';

/** `table-full`: there is no room for a new connection, and the kernel drops the packet silently. */
export type TrackOutcome = 'tracked' | 'table-full';

/**
 * The connection table of one host, and the translation of addresses that hangs on it. Time is simulated, in milliseconds.
 *
 * Order of calls for a packet: `track` (after table raw), then at PREROUTING or OUTPUT either `bindDestination` with what the nat chain
 * said or, where `needsDestinationNat` is false, `applyDestination`; the same for the source at POSTROUTING or INPUT; then `confirm` at the
 * end of POSTROUTING or INPUT, or `forget` when the packet ends before. Bind only where the family has nat chains at all: without
 * them the kernel does not look for clashing ports either.
 */
export class ConnectionTracker {
  readonly settings: ConntrackSettings;
  private readonly assumesOlder: boolean;
  private readonly live: LiveConnections;
  /** Why nobody can say how the last packet fared that was tracked, in words: that of the connection it met. */
  unknownMet: string | undefined = undefined;

  /**
   * `sysctls` by full name; absent ones have the documented default. `assumesOlder`: a TCP or SCTP packet of no connection that does not begin
   * one belongs to an established one that is older than everything that is known.
   */
  constructor(sysctls: ReadonlyMap<string, number>, assumesOlder = false) {
    this.assumesOlder = assumesOlder;
    this.settings = conntrackSettings(sysctls);
    this.live = new LiveConnections(this.settings.maximum);
  }

  /**
   * Finds or makes the connection; sets `connection`, `state` and `isReply` of the packet. A packet that has its connection
   * already, because it comes back on the loopback interface, keeps all three. HOT
   */
  track(packet: PacketInFlight, nowMs: number): TrackOutcome {
    this.live.nowMs = nowMs;
    this.unknownMet = undefined;
    if (packet.connection !== undefined) return 'tracked';
    this.live.zone = zoneOf(packet.template, packet.mark);
    const { family, protocol } = packet;
    if (isUntrackable(family, protocol) || this.isMisjudged(packet)) return invalid(packet);
    if (packet.packet.wire?.unsound !== undefined) return invalid(packet);
    if (isTrackedIcmp(family, protocol)) {
      switch (icmpKind(family, packet.packet.icmpType)) {
        case 'untracked':
          packet.state = 'untracked';
          return 'tracked';
        case 'error':
          return this.trackError(packet);
        case 'other':
          return invalid(packet);
      }
    }
    return this.trackFlow(packet);
  }

  /** Whether the nat chains of PREROUTING and OUTPUT are consulted for this packet (the first one of a connection only). */
  needsDestinationNat(packet: PacketInFlight): boolean {
    const entry = entryOf(packet);
    return entry !== undefined && isFirstOf(packet, entry) && !entry.destinationNatDone;
  }

  /** Whether the nat chains of POSTROUTING and INPUT are consulted. */
  needsSourceNat(packet: PacketInFlight): boolean {
    const entry = entryOf(packet);
    return entry !== undefined && isFirstOf(packet, entry) && !entry.sourceNatDone;
  }

  /** Binds the connection's destination to `place`, or to itself (undefined: no translation), and rewrites the packet. */
  bindDestination(packet: PacketInFlight, place: NatPlace | undefined): NatOutcome {
    const entry = entryOf(packet);
    if (entry === undefined || entry.confirmed || entry.destinationNatDone) return NOT_CHANGED;
    this.live.willChange(entry);
    this.live.zone = entry.zone;
    const outcome = bindEntryDestination(entry, place, this.live);
    rewriteDestination(packet, entry);
    return outcome;
  }

  /**
   * Binds the connection's source to `place`, or to itself, and rewrites the packet. Even without a translation the source
   * port changes, unpredictably, when the replies could not be told from another connection's.
   */
  bindSource(packet: PacketInFlight, place: NatPlace | undefined): NatOutcome {
    const entry = entryOf(packet);
    if (entry === undefined || entry.confirmed || entry.sourceNatDone) return NOT_CHANGED;
    this.live.willChange(entry);
    this.live.zone = entry.zone;
    entry.masqueradedOn = place?.masqueradedOn ?? '';
    const outcome = bindEntrySource(entry, place, this.live);
    rewriteSource(packet, entry);
    if (place?.port !== undefined || place?.ports !== undefined) this.live.hasGivenPorts = true;
    return outcome;
  }

  /** Rewrites a packet of a bound connection at PREROUTING or OUTPUT (a reply's destination too); true when it changed. */
  applyDestination(packet: PacketInFlight): boolean {
    const entry = entryOf(packet);
    return entry !== undefined && rewriteDestination(packet, entry);
  }

  /** Rewrites at POSTROUTING or INPUT; true when it changed. */
  applySource(packet: PacketInFlight): boolean {
    const entry = entryOf(packet);
    return entry !== undefined && rewriteSource(packet, entry);
  }

  /**
   * Whether a later packet of a masqueraded connection leaves by another interface than the first; the connection is removed then, as the
   * address that it was given means nothing there. Only for POSTROUTING.
   *
   * Source: nf_nat_core.c, nf_nat_oif_changed (Linux 6.18).
   */
  endsMasquerade(packet: PacketInFlight): boolean {
    const entry = entryOf(packet);
    if (entry === undefined || entry.masqueradedOn === '') return false;
    if (packet.isReply || entry.masqueradedOn === packet.outInterface) return false;
    // ICMP errors are translated before this is asked.
    if (packet.state === 'related') return false;
    this.live.willChange(entry);
    this.live.remove(entry);
    return true;
  }

  /** Puts a new connection into the table; `clash` when its tuples are taken, which drops the packet silently. HOT */
  confirm(packet: PacketInFlight, nowMs: number): 'confirmed' | 'clash' {
    this.live.nowMs = nowMs;
    const entry = entryOf(packet);
    if (entry === undefined || !isFirstOf(packet, entry)) return 'confirmed';
    this.live.zone = entry.zone;
    if (this.live.clashOf(entry.original, entry.reply) !== undefined) {
      packet.connection = undefined;
      return 'clash';
    }
    this.live.willChange(entry);
    entry.confirmed = true;
    entry.expiresAtMs = nowMs + entry.timeoutMs;
    leaveToPolicy(entry, this.live.nowMs);
    this.live.insert(entry);
    return 'confirmed';
  }

  /** The packet ended before `confirm`: an unconfirmed connection is no more. The packet keeps its state. */
  forget(packet: PacketInFlight): void {
    if (packet.connection !== undefined && !packet.connection.confirmed) {
      packet.connection = undefined;
    }
  }

  /**
   * REJECT answered the packet with a TCP RST: a confirmed connection of it is closing.
   *
   * Source: nf_conntrack_proto_tcp.c, nf_conntrack_tcp_set_closing (Linux 6.18).
   */
  setClosing(packet: PacketInFlight, nowMs: number): void {
    const entry = entryOf(packet);
    if (entry === undefined || !entry.confirmed) return;
    if (entry.original.protocol !== IP_PROTOCOL.tcp) return;
    if (entry.state === TCP_STATE.CLOSE) return;
    this.live.willChange(entry);
    entry.state = TCP_STATE.CLOSE;
    entry.refresh(this.settings.tcpMs[TCP_STATE.CLOSE]!, nowMs);
    this.live.noteExpiry(entry);
  }

  /** Counts another table's connections as those of this host. */
  shareWith(other: OtherConnections): void {
    this.live.beside = other;
  }

  /** How many connections this table holds, expired ones included. HOT */
  get size(): number {
    return this.live.size;
  }

  /** How many connections there may be, those beside included. HOT */
  get mostConnections(): number {
    return this.live.maximum;
  }

  /** Whether a connection of this table has the tuple, in either direction. */
  holds(tuple: Tuple, nowMs: number): boolean {
    this.live.nowMs = nowMs;
    this.live.zone = NO_ZONE;
    return this.live.findTuple(tuple) !== undefined;
  }

  /** Whether one more connection fits into all tables together. HOT */
  hasRoom(nowMs: number): boolean {
    this.live.nowMs = nowMs;
    return this.live.hasRoom();
  }

  /** Where there is no room: whether the kernel may make some (`LiveConnections.hasForgettable`). */
  mayMakeRoom(nowMs: number): boolean {
    this.live.nowMs = nowMs;
    return this.live.hasForgettable();
  }

  /** Takes over a confirmed connection from another table, which forgets it. */
  adopt(entry: ConnectionEntry): void {
    this.live.insert(entry);
  }

  /**
   * Whether a packet with this tuple that leaves the host is one of a translated connection, as it looks after the translation: its answers belong
   * to the connection, and yet it does not itself.
   */
  leavesTranslated(tuple: Tuple, nowMs: number): boolean {
    this.live.nowMs = nowMs;
    this.live.zone = ANY_ZONE;
    const node = this.live.findTuple(invertTuple(tuple));
    if (node === undefined) return false;
    const { entry, isReply } = node;
    return !sameTuple(isReply ? entry.original : entry.reply, tuple);
  }

  /** CONNMARK gives the packet's connection a mark. */
  setMark(packet: PacketInFlight, mark: number): void {
    const entry = entryOf(packet);
    if (entry === undefined || entry.mark === mark) return;
    this.live.willChange(entry);
    entry.mark = mark;
  }

  /** Empties the table. */
  clear(): void {
    this.live.clear();
  }

  /** Fills an empty table with connections as they are at time 0. */
  seed(records: readonly ConnectionRecord[]): void {
    this.live.nowMs = 0;
    for (const record of records) this.live.seed(recordedEntry(record));
  }

  /** How many changes are remembered since the outermost point. */
  get changeCount(): number {
    return this.live.changeCount;
  }

  /**
   * A point to come back to, for following one packet along several ways. Points nest. A point stays, and may be gone back to
   * again, until it or an outer one is released.
   */
  checkpoint(): number {
    return this.live.checkpoint();
  }

  /** Undoes everything since the point, and releases the points set after it. What hangs on packets is not undone. */
  rollback(checkpoint: number): void {
    this.live.rollback(checkpoint);
  }

  /** Forgets how to undo what came after the point; call when the outermost point is no longer needed. */
  release(checkpoint: number): void {
    this.live.release(checkpoint);
  }

  /**
   * An arriving UDP-Lite packet whose checksum is right is INVALID: the kernel sums it up as if its protocol were UDP.
   * Source: nf_conntrack_proto_udp.c, udplite_error (Linux 6.18).
   */
  private isMisjudged({ protocol, inInterface }: PacketInFlight): boolean {
    return protocol === IP_PROTOCOL.udplite && inInterface !== '' && this.settings.checksum;
  }

  /** HOT */
  private trackFlow(packet: PacketInFlight): TrackOutcome {
    const sourceKey = sourceKeyOf(packet);
    const destinationKey = destinationKeyOf(packet);
    const node = this.live.find(
      packet.protocol,
      packet.source,
      packet.destination,
      sourceKey,
      destinationKey,
    );
    if (node === undefined) return this.trackNew(packet, sourceKey, destinationKey);
    const { entry, isReply } = node;
    this.live.willChange(entry);
    const verdict = this.judge(entry, packet, isReply);
    this.unknownMet = entry.unknown;
    if (verdict === 'invalid') return invalid(packet);
    if (verdict === 'reopen') {
      packet.replaces = true;
      this.live.remove(entry);
      return this.trackNew(packet, sourceKey, destinationKey);
    }
    packet.connection = entry;
    packet.isReply = isReply;
    packet.state = isReply || entry.seenReply ? 'established' : 'new';
    if (isReply) entry.seenReply = true;
    leaveToPolicy(entry, this.live.nowMs);
    this.live.noteExpiry(entry);
    if (verdict === 'remove') this.live.remove(entry);
    return 'tracked';
  }

  private trackNew(
    packet: PacketInFlight,
    sourceKey: number,
    destinationKey: number,
  ): TrackOutcome {
    const original = tupleOf(
      packet.family,
      packet.protocol,
      packet.source,
      packet.destination,
      sourceKey,
      destinationKey,
    );
    if (!this.live.hasRoom()) return 'table-full';
    if (this.assumesOlder && belongsToOlder(packet.packet)) {
      return this.trackOlder(packet, original);
    }
    const entry = new ConnectionEntry(original, invertTuple(original));
    beginAs(entry, this.live.zone, packet.template);
    if (this.judge(entry, packet, false) !== 'accept') return invalid(packet);
    packet.connection = entry;
    packet.isReply = false;
    packet.state = 'new';
    return 'tracked';
  }

  /** Takes the packet into a connection that is made up for it. */
  private trackOlder(packet: PacketInFlight, tuple: Tuple): TrackOutcome {
    const isReply = isAnswerToOpening(packet.packet);
    const other = invertTuple(tuple);
    const entry = isReply ? new ConnectionEntry(other, tuple) : new ConnectionEntry(tuple, other);
    assumeEstablished(entry);
    beginAs(entry, this.live.zone, packet.template);
    if (this.judge(entry, packet, isReply) === 'invalid') return invalid(packet);
    packet.connection = entry;
    packet.isReply = isReply;
    packet.state = 'established';
    return 'tracked';
  }

  /** The connection of a packet about to be tracked, where it may be forgotten by now: a policy that is not known says how long it lives. */
  maybeForgotten(packet: PacketInFlight, nowMs: number): ConnectionEntry | undefined {
    this.live.nowMs = nowMs;
    this.live.zone = zoneOf(packet.template, packet.mark);
    const tuple = flowOf(packet);
    const entry = tuple && this.live.findTuple(tuple)?.entry;
    if (entry?.timeoutRule === undefined || entry.lastPacketMs >= nowMs) return undefined;
    return entry;
  }

  /** Takes a connection for forgotten. */
  expire(entry: ConnectionEntry): void {
    this.live.remove(entry);
  }

  /** Whether helpers follow connections, so that what begins one may be expected. HOT */
  get hasHelpers(): boolean {
    return this.live.hasHelpers;
  }

  /** The connection whose helper may have expected the packet, which has just begun one. */
  mayBeExpectedBy(packet: PacketInFlight): ConnectionEntry | undefined {
    const entry = entryOf(packet);
    if (entry === undefined || packet.state !== 'new' || entry.confirmed) return undefined;
    return this.live.helperOf(packet);
  }

  /** Takes the packet's connection for one that another's helper expected. */
  expectBy(packet: PacketInFlight, master: ConnectionEntry): void {
    const entry = entryOf(packet);
    if (entry === undefined) return;
    this.live.willChange(entry);
    becomeExpected(entry, master);
    packet.state = 'related';
  }

  /** HOT */
  private judge(entry: ConnectionEntry, packet: PacketInFlight, isReply: boolean): TrackingVerdict {
    const { protocol } = packet;
    if (protocol === IP_PROTOCOL.tcp) {
      return trackTcp(entry, packet.packet, isReply, this.live.nowMs, this.settings);
    }
    if (isTrackedIcmp(packet.family, protocol)) {
      return trackIcmp(entry, packet.packet, this.live.nowMs, this.settings);
    }
    if (protocol === IP_PROTOCOL.sctp) {
      return trackSctp(entry, packet.packet, isReply, this.live.nowMs, this.settings);
    }
    if (isPortTracked(protocol)) trackUdp(entry, this.live.nowMs, this.settings);
    else trackGeneric(entry, this.live.nowMs, this.settings);
    return 'accept';
  }

  /**
   * An ICMP error belongs to the connection of the packet that it quotes, if it is on its way to the one who sent that. The
   * quoted headers are those on this side of any translation, as the wire has them where the error comes from.
   *
   * Source: nf_conntrack_proto_icmp.c, nf_conntrack_inet_error (Linux 6.18).
   */
  private trackError(packet: PacketInFlight): TrackOutcome {
    const { quoted } = packet.packet;
    if (quoted === undefined || quoted.family !== packet.family) return invalid(packet);
    const sent = quotedTuple(quoted);
    const node = sent === undefined ? undefined : this.live.findTuple(invertTuple(sent));
    if (node === undefined) return invalid(packet);
    if (!sameIpAddress(packet.destination, node.tuple.destination)) return invalid(packet);
    this.unknownMet = node.entry.unknown;
    packet.connection = node.entry;
    packet.isReply = node.isReply;
    packet.state = 'related';
    return 'tracked';
  }
}

/** Whether the packet makes its connection, which nat chains and the confirmation ask. HOT */
function isFirstOf(packet: PacketInFlight, entry: ConnectionEntry): boolean {
  return !entry.confirmed && (packet.state === 'new' || entry.assumed || entry.expected);
}

const NOT_CHANGED: NatOutcome = { kind: 'bound', changed: false };

/** The tracker makes every connection that packets carry. */
function entryOf(packet: PacketInFlight): ConnectionEntry | undefined {
  return packet.connection instanceof ConnectionEntry ? packet.connection : undefined;
}

function invalid(packet: PacketInFlight): TrackOutcome {
  packet.state = 'invalid';
  return 'tracked';
}
