import type { Packet } from '../../packet/packet.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { nextSctpState, SCTP_INVALID, SCTP_STATE } from './sctp-state.ts';
import type { ConntrackSettings } from './timeouts.ts';
import type { TrackingVerdict } from './tracking-verdict.ts';

/** Chunks that are never judged by their verification tag. */
const WITHOUT_TAG_CHECK = new Set(['INIT', 'SHUTDOWN_ACK', 'HEARTBEAT', 'HEARTBEAT_ACK']);
/** Chunks that say nothing to an association that does not exist. */
const NEVER_FIRST = new Set(['ABORT', 'SHUTDOWN_COMPLETE', 'COOKIE_ACK']);

const ORIGINAL_TAG = 1;
const REPLY_TAG = 2;

/**
 * Takes an SCTP packet of one chunk into its association. Verification tags are those that the association agreed on: a
 * chunk fails only where no tag for its direction has been seen yet.
 *
 * Source: nf_conntrack_proto_sctp.c, nf_conntrack_sctp_packet (Linux 6.18).
 */
export function trackSctp(
  entry: ConnectionEntry,
  packet: Packet,
  isReply: boolean,
  nowMs: number,
  settings: ConntrackSettings,
): TrackingVerdict {
  const chunk = packet.sctpChunk ?? 'INIT';
  if (!entry.confirmed && !entry.assumed && !openSctp(entry, chunk)) return 'invalid';
  const ownTag = isReply ? REPLY_TAG : ORIGINAL_TAG;
  if (!WITHOUT_TAG_CHECK.has(chunk) && (entry.sctpTags & ownTag) === 0) return 'invalid';
  const oldState = entry.state;
  const newState = nextSctpState(isReply, oldState, chunk);
  if (newState === SCTP_INVALID) return 'invalid';
  if (chunk === 'HEARTBEAT' || chunk === 'HEARTBEAT_ACK') entry.sctpTags |= ownTag;
  if (chunk === 'INIT' || chunk === 'INIT_ACK') {
    entry.sctpTags |= isReply ? ORIGINAL_TAG : REPLY_TAG;
  }
  entry.state = newState;
  if (newState === SCTP_STATE.ESTABLISHED && oldState !== newState) entry.assured = true;
  const isInitAgain =
    chunk === 'INIT' &&
    entry.confirmed &&
    oldState === SCTP_STATE.CLOSED &&
    newState === SCTP_STATE.CLOSED;
  if (!isInitAgain) entry.refresh(settings.sctpMs[newState]!, nowMs);
  return 'accept';
}

function openSctp(entry: ConnectionEntry, chunk: string): boolean {
  if (NEVER_FIRST.has(chunk)) return false;
  const state = nextSctpState(false, SCTP_STATE.NONE, chunk);
  if (state === SCTP_STATE.NONE || state === SCTP_INVALID) return false;
  entry.state = SCTP_STATE.NONE;
  entry.sctpTags = chunk === 'HEARTBEAT' ? ORIGINAL_TAG : REPLY_TAG;
  return true;
}
