import type { Packet } from '../../packet/packet.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { recordedTcp } from './recorded-tcp.ts';
import { acknowledgesLast, judgeRst } from './tcp-rst.ts';
import { emptySegment, readSegment, type Segment } from './tcp-segment.ts';
import {
  areSoundTcpFlags,
  nextTcpState,
  TCP_IGNORE,
  TCP_INVALID,
  TCP_KIND,
  TCP_STATE,
  tcpKind,
} from './tcp-state.ts';
import { beginInTheMiddle, TcpTracking } from './tcp-tracking.ts';
import { judgeWindow, takeOptions } from './tcp-window.ts';
import type { ConntrackSettings } from './timeouts.ts';
import type { TrackingVerdict } from './tracking-verdict.ts';

/** The segment that is being judged; reused, so that a packet costs no allocation. */
const segment: Segment = emptySegment();

/**
 * Takes one TCP packet into its connection. Without PSH, ECE and CWR the flags must be a sound combination.
 *
 * Source: nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet (Linux 6.18). HOT
 */
export function trackTcp(
  entry: ConnectionEntry,
  packet: Packet,
  isReply: boolean,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  if (!areSoundTcpFlags(packet.tcpFlags)) return 'invalid';
  const kind = tcpKind(packet.tcpFlags);
  const isOpen = entry.confirmed || entry.assumed || openTcp(entry, packet, kind, settings);
  if (!isOpen) return 'invalid';
  const tracking = entry.tcp ?? takeOver(entry);
  const oldState = entry.state;
  const next = nextTcpState(isReply ? 1 : 0, oldState, kind);
  if (next === TCP_INVALID) return 'invalid';
  const opensAnother = next === TCP_STATE.SYN_SENT && oldState >= TCP_STATE.TIME_WAIT;
  if (opensAnother && oldState === TCP_STATE.CLOSE && tracking.areNumbersUnknown) {
    entry.unknown ??=
      'a connection table does not tell which side ended a connection in state CLOSE';
  }
  if (opensAnother && isOver(tracking, isReply)) return 'reopen';
  let newState = opensAnother ? TCP_IGNORE : next;
  readSegment(segment, packet, tracking, kind, isReply);
  if (newState === TCP_IGNORE) return trackIgnored(entry, tracking, nowMs, settings);
  if (newState === TCP_STATE.TIME_WAIT && isChallengeAck(tracking, oldState)) {
    tracking.expectsChallengeAck = false;
    return 'accept';
  }
  if (newState === TCP_STATE.CLOSE && kind === TCP_KIND.rst) {
    return trackRst(entry, tracking, nowMs, settings);
  }
  newState = followSimultaneousOpen(tracking, newState);
  return settle(entry, tracking, oldState, newState, nowMs, settings);
}

/** What a connection remembers that was read from a table is made when its first packet comes: most never see one. */
function takeOver(entry: ConnectionEntry): TcpTracking {
  const tracking = recordedTcp(entry.state, entry);
  entry.tcp = tracking;
  return tracking;
}

/** HOT */
function trackRst(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  const { state } = entry;
  const judged = judgeRst(entry, tracking, segment, settings);
  if (judged === 'invalid') return 'invalid';
  if (judged === 'close') {
    return take(entry, tracking, state, TCP_STATE.CLOSE, nowMs, settings);
  }
  const newState = judged === 'keep' ? state : TCP_STATE.CLOSE;
  return settle(entry, tracking, state, newState, nowMs, settings);
}

/** A packet that may be right where the entry is wrong: passes, or brings the entry back in step. HOT */
function trackIgnored(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  if (!answersLetThroughSyn(tracking)) {
    letThrough(tracking, entry.state);
    return 'accept';
  }
  resynchronise(tracking);
  return settle(entry, tracking, TCP_STATE.SYN_SENT, TCP_STATE.SYN_RECV, nowMs, settings);
}

/** The table alone cannot tell that after SYNs of both sides the ACK of either ends the handshake. HOT */
function followSimultaneousOpen(tracking: TcpTracking, newState: number): number {
  if (newState === TCP_STATE.SYN_SENT2) tracking.simultaneousOpen = true;
  const ends =
    newState === TCP_STATE.SYN_RECV &&
    segment.isReply &&
    segment.kind === TCP_KIND.ack &&
    tracking.simultaneousOpen;
  return ends ? TCP_STATE.ESTABLISHED : newState;
}

/** Starts an entry with its first packet: a SYN, or with tcp_loose an ACK in the middle of a connection. HOT */
function openTcp(
  entry: ConnectionEntry,
  packet: Packet,
  kind: number,
  settings: ConntrackSettings,
): boolean {
  const state = nextTcpState(0, TCP_STATE.NONE, kind);
  if (state === TCP_INVALID) return false;
  const isMidStream = state !== TCP_STATE.SYN_SENT;
  if (isMidStream && !settings.tcpLoose) return false;
  const tracking = entry.tcp ?? new TcpTracking();
  tracking.clear();
  entry.tcp = tracking;
  entry.state = TCP_STATE.NONE;
  readSegment(segment, packet, tracking, kind, false);
  const { original } = tracking;
  original.end = segment.end;
  original.maxWindow = segment.window === 0 ? 1 : segment.window;
  original.maxEnd = isMidStream ? (segment.end + original.maxWindow) | 0 : segment.end;
  if (isMidStream) beginInTheMiddle(tracking);
  else takeOptions(original, segment);
  return true;
}

/** A SYN after the connection has closed, or after a RST of the same side, opens a new one. HOT */
function isOver(tracking: TcpTracking, isReply: boolean): boolean {
  return (
    tracking.original.startedClosing ||
    tracking.reply.startedClosing ||
    (tracking.lastIsReply === isReply && tracking.lastKind === TCP_KIND.rst)
  );
}

/** Whether a SYN-ACK answers a SYN that was let through: then both ends agree and the entry alone is out of step. HOT */
function answersLetThroughSyn(tracking: TcpTracking): boolean {
  return (
    segment.kind === TCP_KIND.synAck &&
    tracking.lastKind === TCP_KIND.syn &&
    tracking.lastIsReply !== segment.isReply &&
    acknowledgesLast(segment, tracking)
  );
}

function resynchronise(tracking: TcpTracking): void {
  const opener = tracking.lastIsReply ? tracking.reply : tracking.original;
  const answerer = tracking.lastIsReply ? tracking.original : tracking.reply;
  opener.end = tracking.lastEnd;
  opener.maxEnd = tracking.lastEnd;
  opener.maxWindow = tracking.lastWindow === 0 ? 1 : tracking.lastWindow;
  opener.liberal = false;
  opener.scale = tracking.lastScale;
  opener.hasScale = tracking.lastHasScale;
  opener.sackPermitted = tracking.lastSackPermitted;
  opener.hasAcknowledged = false;
  opener.unacknowledged = false;
  opener.startedClosing = false;
  tracking.expectsChallengeAck = false;
  // Observed on Linux 6.18: a side that was picked up in the middle stays free of windows, the other does not.
  const { liberal } = answerer;
  answerer.reset();
  answerer.liberal = liberal;
}

/** Notes a packet that may be right where the entry is wrong, and changes nothing else. HOT */
function letThrough(tracking: TcpTracking, state: number): void {
  tracking.lastKind = segment.kind;
  tracking.lastIsReply = segment.isReply;
  tracking.lastSequence = segment.sequence;
  tracking.lastEnd = segment.end;
  tracking.hasLastEnd = true;
  tracking.lastWindow = segment.window;
  if (segment.kind === TCP_KIND.syn && !segment.isReply) {
    tracking.expectsChallengeAck = state === TCP_STATE.LAST_ACK;
    tracking.simultaneousOpen = false;
    tracking.lastHasScale = segment.windowScale >= 0;
    tracking.lastScale = tracking.lastHasScale ? segment.windowScale : 0;
    tracking.lastSackPermitted = segment.sackPermitted;
  }
  if (state === TCP_STATE.SYN_SENT && segment.kind === TCP_KIND.ack && segment.isReply) {
    tracking.lastAcknowledgement = segment.acknowledgement;
  }
}

/** HOT */
function isChallengeAck(tracking: TcpTracking, state: number): boolean {
  return (
    state === TCP_STATE.LAST_ACK &&
    segment.kind === TCP_KIND.ack &&
    tracking.lastIsReply !== segment.isReply &&
    tracking.lastKind === TCP_KIND.syn &&
    tracking.expectsChallengeAck
  );
}

/** HOT */
function settle(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  oldState: number,
  newState: number,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  const judged = judgeWindow(entry, tracking, segment, settings.tcpBeLiberal);
  if (judged === 'ignore') return 'accept';
  if (judged === 'invalid') {
    shortenWhenClosing(entry, tracking, nowMs, settings);
    return 'invalid';
  }
  return take(entry, tracking, oldState, newState, nowMs, settings);
}

/** An assured entry whose FINs or RSTs of both sides miss the window is out of step: it need not live for days. */
function shortenWhenClosing(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  nowMs: number,
  settings: ConntrackSettings,
): void {
  if (!entry.assured) return;
  if (segment.kind !== TCP_KIND.rst && segment.kind !== TCP_KIND.fin) return;
  const isAnswered =
    tracking.lastIsReply !== segment.isReply &&
    (tracking.lastKind === TCP_KIND.fin || tracking.lastKind === TCP_KIND.rst);
  if (!isAnswered) {
    tracking.lastKind = segment.kind;
    tracking.lastIsReply = segment.isReply;
    return;
  }
  const leftMs = entry.expiresAtMs - nowMs;
  if (leftMs >= 120_000 && leftMs > settings.tcpUnacknowledgedMs) {
    entry.refresh(settings.tcpUnacknowledgedMs, nowMs);
  }
}

/** The packet belongs to the connection: moves it on. HOT */
function take(
  entry: ConnectionEntry,
  tracking: TcpTracking,
  oldState: number,
  newState: number,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  tracking.lastKind = segment.kind;
  tracking.lastIsReply = segment.isReply;
  entry.state = newState;
  if (oldState !== newState && newState === TCP_STATE.FIN_WAIT) {
    (segment.isReply ? tracking.reply : tracking.original).startedClosing = true;
  }
  let timeoutMs = timeoutOf(tracking, newState, settings);
  if (!entry.seenReply) {
    if (segment.isRst) return 'remove';
    if (segment.kind === TCP_KIND.syn && oldState === TCP_STATE.SYN_SENT) return 'accept';
    if (newState === TCP_STATE.ESTABLISHED && timeoutMs > settings.tcpUnacknowledgedMs) {
      timeoutMs = settings.tcpUnacknowledgedMs;
    }
  } else if (
    !entry.assured &&
    (oldState === TCP_STATE.SYN_RECV || oldState === TCP_STATE.ESTABLISHED) &&
    newState === TCP_STATE.ESTABLISHED
  ) {
    entry.assured = true;
  }
  entry.refresh(timeoutMs, nowMs);
  return 'accept';
}

/** HOT */
function timeoutOf(tracking: TcpTracking, newState: number, settings: ConntrackSettings): number {
  const usual = settings.tcpMs[newState]!;
  if (tracking.retransmissions >= settings.tcpMaxRetrans && usual > settings.tcpMaxRetransMs) {
    return settings.tcpMaxRetransMs;
  }
  if (segment.isRst) return settings.tcpMs[TCP_STATE.CLOSE]!;
  if (
    (tracking.original.unacknowledged || tracking.reply.unacknowledged) &&
    usual > settings.tcpUnacknowledgedMs
  ) {
    return settings.tcpUnacknowledgedMs;
  }
  if (tracking.lastWindow === 0 && usual > settings.tcpMaxRetransMs) {
    return settings.tcpMaxRetransMs;
  }
  return usual;
}
