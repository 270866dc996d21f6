import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Connection, Tuple } from './connection.ts';
import { sctpStateName } from './sctp-state.ts';
import { tcpStateName } from './tcp-state.ts';
import type { TcpTracking } from './tcp-tracking.ts';

/** A connection as the tracker itself sees it: everything of `Connection`, to be changed. */
export class ConnectionEntry implements Connection {
  readonly original: Tuple;
  reply: Tuple;
  confirmed = false;
  /** Taken for one that is older than everything that is known: its first packet is no new connection's. */
  assumed = false;
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
  }
}
