import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionRecord } from '../../host/connections/connection-record.ts';
import { ConnectionEntry, NEVER_MS } from './connection-entry.ts';
import { isPortTracked } from './flow-keys.ts';
import { SCTP_STATE } from './sctp-state.ts';
import { TCP_STATE } from './tcp-state.ts';
import { invertTuple, sameTuple } from './tuple.ts';

/** A table tells whole seconds alone, and less than one more may be left. */
const UNTOLD_MS = 999;

/**
 * The entry that a record of a connection table stands for, as it is at time 0.
 *
 * What translates it shows in the reply: it is not the mirror of the original. What a table does not tell (TCP's numbers, tags of
 * SCTP, who closed) is taken as it is in a connection in that state whose next packet fits.
 */
export function recordedEntry(record: ConnectionRecord): ConnectionEntry {
  const { original, reply } = record;
  const entry = new ConnectionEntry(original, reply);
  entry.confirmed = true;
  entry.seenReply = record.seenReply;
  entry.assured = record.assured;
  translate(entry);
  entry.destinationNatDone = true;
  entry.sourceNatDone = true;
  // An entry of which less than a second is left is still there.
  entry.timeoutMs =
    record.timeoutSeconds === undefined ? NEVER_MS : Math.max(record.timeoutSeconds * 1000, 1);
  entry.expiresAtMs = entry.timeoutMs;
  entry.spareMs = UNTOLD_MS;
  entry.mark = record.mark;
  entry.zone = record.zone;
  if (record.helper !== undefined) entry.helper = { name: record.helper, rule: undefined };
  entry.unknown = record.unknown;
  if (original.protocol === IP_PROTOCOL.tcp) recordTcp(entry, record);
  else if (original.protocol === IP_PROTOCOL.sctp) recordSctp(entry, record);
  return entry;
}

function translate(entry: ConnectionEntry): void {
  const { original, reply } = entry;
  const mirror = invertTuple(reply);
  if (sameTuple(mirror, original)) return;
  const sameAddress = (a: typeof original.source, b: typeof original.source): boolean =>
    a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0;
  const hasPorts = isPortTracked(original.protocol);
  entry.destinationNat =
    !sameAddress(mirror.destination, original.destination) ||
    (hasPorts && mirror.destinationKey !== original.destinationKey);
  // The identifier of an ICMP flow goes with its source.
  entry.sourceNat =
    !sameAddress(mirror.source, original.source) || mirror.sourceKey !== original.sourceKey;
}

function recordTcp(entry: ConnectionEntry, record: ConnectionRecord): void {
  const state = stateNumber(TCP_STATE, record.state);
  if (state === undefined) entry.unknown ??= unknownState(record);
  entry.state = state ?? TCP_STATE.ESTABLISHED;
}

function recordSctp(entry: ConnectionEntry, record: ConnectionRecord): void {
  const state = stateNumber(SCTP_STATE, record.state);
  if (state === undefined) entry.unknown ??= unknownState(record);
  entry.state = state ?? SCTP_STATE.ESTABLISHED;
  // After INIT the answerer's tag is known, after its answer both; a heartbeat tells that of its sender.
  if (state === SCTP_STATE.CLOSED) entry.sctpTags = 2;
  else entry.sctpTags = state === SCTP_STATE.HEARTBEAT_SENT ? 1 : 3;
}

function stateNumber(
  states: Readonly<Record<string, number>>,
  name: string | undefined,
): number | undefined {
  return name === undefined ? undefined : states[name];
}

function unknownState({ state }: ConnectionRecord): string {
  if (state === undefined) return 'its state is not told';
  return `its state \`${state}\` is not known here`;
}
