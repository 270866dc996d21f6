import { IP_PROTOCOL } from '../../address/protocol.ts';
import { type Packet, TCP_FLAG } from '../../packet/packet.ts';
import type { ConnectionEntry } from './connection-entry.ts';
import { SCTP_STATE } from './sctp-state.ts';
import { areSoundTcpFlags, TCP_KIND, TCP_STATE, tcpKind } from './tcp-state.ts';
import { beginInTheMiddle, TcpTracking } from './tcp-tracking.ts';

/** Chunks that begin an association, or may. */
const OPENING_CHUNKS = new Set(['INIT', 'HEARTBEAT']);

/** Both verification tags are known. */
const BOTH_TAGS = 3;

/** Whether a packet that belongs to no known connection must belong to one that is older: it does not begin one itself. */
export function belongsToOlder({ protocol, tcpFlags, sctpChunk }: Packet): boolean {
  if (protocol === IP_PROTOCOL.tcp) {
    const kind = tcpKind(tcpFlags);
    return areSoundTcpFlags(tcpFlags) && kind !== TCP_KIND.syn && kind !== TCP_KIND.none;
  }
  return protocol === IP_PROTOCOL.sctp && sctpChunk !== undefined && !OPENING_CHUNKS.has(sctpChunk);
}

/** Whether the packet answers the first one of its connection, so that it tells the direction of that. */
export function isAnswerToOpening({ protocol, tcpFlags, sctpChunk }: Packet): boolean {
  if (protocol !== IP_PROTOCOL.tcp) return sctpChunk === 'INIT_ACK';
  const both = TCP_FLAG.S | TCP_FLAG.A;
  return (tcpFlags & both) === both;
}

/** Makes of a connection that is not in the table one that both sides have long been using. */
export function assumeEstablished(entry: ConnectionEntry): void {
  entry.assumed = true;
  entry.seenReply = true;
  entry.assured = true;
  if (entry.original.protocol === IP_PROTOCOL.sctp) {
    entry.state = SCTP_STATE.ESTABLISHED;
    entry.sctpTags = BOTH_TAGS;
    return;
  }
  const tracking = new TcpTracking();
  beginInTheMiddle(tracking);
  entry.tcp = tracking;
  entry.state = TCP_STATE.ESTABLISHED;
}
