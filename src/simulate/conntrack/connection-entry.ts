import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionZone } from '../../host/connections/connection-record.ts';
import type { Connection, Tuple } from './connection.ts';
import { NO_ZONE } from './connection-zone.ts';
import { SCTP_STATE, sctpStateName } from './sctp-state.ts';
import { isClosingTcp, tcpStateName } from './tcp-state.ts';
import type { TcpTracking } from './tcp-tracking.ts';

/** For an entry that nothing tells the end of. */
export const NEVER_MS: number = Number.MAX_SAFE_INTEGER;

/** A helper of connection tracking that follows what a connection's packets carry, and expects others for it. */
export interface ConnectionHelper {
  readonly name: string;
  /** The rule that gave it, by its number; undefined where it comes from a table. */
  readonly rule: number | undefined;
}

/** A connection as the tracker itself sees it: everything of `Connection`, to be changed. */
export class ConnectionEntry implements Connection {
  readonly original: Tuple;
  reply: Tuple;
  confirmed = false;
  /** Taken for one that is older than everything that is known: its first packet is no new connection's. */
  assumed = false;
  /** A helper of another connection expected it. */
  expected = false;
  seenReply = false;
  assured = false;
  destinationNat = false;
  sourceNat = false;
  destinationNatDone = false;
  sourceNatDone = false;
  expiresAtMs = 0;
  /** The interface that MASQUERADE saw its first packet leave by; empty where it is not masqueraded. */
  masqueradedOn = '';
  /** What the last refresh asked for; `confirm` counts from then. */
  timeoutMs = 0;
  /** TCP_STATE or SCTP_STATE; 0 for other protocols. */
  state = 0;
  /** Present for TCP alone. */
  tcp: TcpTracking | undefined = undefined;
  /** For UDP: the simulated time from which an answered flow counts as a stream. */
  streamFromMs = 0;
  /** For SCTP: whether the verification tag of packets in each direction is known (bit 1 original, bit 2 reply). */
  sctpTags = 0;
  /** What CONNMARK saves and restores. */
  mark = 0;
  unknown: string | undefined = undefined;
  // What CT said of it at its beginning does not change: none of it is in `restore`.
  zone: ConnectionZone = NO_ZONE;
  helper: ConnectionHelper | undefined = undefined;
  /** Its timeouts are those of this policy, which nobody tells; and the rule that gave it, by its number. */
  timeoutPolicy: string | undefined = undefined;
  timeoutRule: number | undefined = undefined;
  /** Its last packet's time, where a policy says how long it lives. */
  lastPacketMs = 0;
  /** How much longer than until `expiresAtMs` it may live, as a table tells whole seconds alone. */
  spareMs = 0;

  constructor(original: Tuple, reply: Tuple) {
    this.original = original;
    this.reply = reply;
  }

  get protocolState(): string {
    switch (this.original.protocol) {
      case IP_PROTOCOL.tcp:
        return tcpStateName(this.state);
      case IP_PROTOCOL.sctp:
        return sctpStateName(this.state);
      default:
        return this.assured ? 'ASSURED' : this.seenReply ? 'REPLIED' : 'UNREPLIED';
    }
  }

  /** Sets how long the entry lives from `nowMs` on. */
  refresh(timeoutMs: number, nowMs: number): void {
    this.timeoutMs = timeoutMs;
    this.expiresAtMs = nowMs + timeoutMs;
    this.spareMs = 0;
  }

  /** A copy of everything that can change, for `restore`. */
  snapshot(): ConnectionEntry {
    const copy = new ConnectionEntry(this.original, this.reply);
    copy.restore(this);
    return copy;
  }

  restore(from: ConnectionEntry): void {
    this.reply = from.reply;
    this.confirmed = from.confirmed;
    this.assumed = from.assumed;
    this.expected = from.expected;
    this.seenReply = from.seenReply;
    this.assured = from.assured;
    this.destinationNat = from.destinationNat;
    this.sourceNat = from.sourceNat;
    this.destinationNatDone = from.destinationNatDone;
    this.sourceNatDone = from.sourceNatDone;
    this.masqueradedOn = from.masqueradedOn;
    this.expiresAtMs = from.expiresAtMs;
    this.timeoutMs = from.timeoutMs;
    this.state = from.state;
    this.tcp = from.tcp?.copy();
    this.streamFromMs = from.streamFromMs;
    this.sctpTags = from.sctpTags;
    this.mark = from.mark;
    this.unknown = from.unknown;
    this.lastPacketMs = from.lastPacketMs;
    this.spareMs = from.spareMs;
  }
}

/** Whether the kernel may forget a connection when it needs room: it is not assured, or closing. */
export function mayBeForgotten({
  assured,
  state,
  original: { protocol },
}: Pick<ConnectionEntry, 'assured' | 'state' | 'original'>): boolean {
  if (!assured) return true;
  if (protocol === IP_PROTOCOL.tcp) return isClosingTcp(state);
  return protocol === IP_PROTOCOL.sctp && state !== SCTP_STATE.ESTABLISHED;
}
