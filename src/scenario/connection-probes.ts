import { IP_PROTOCOL } from '../address/protocol.ts';
import type { ConnectionRecord, RecordedTuple } from '../host/connections/connection-record.ts';
import { type Packet, TCP_FLAG } from '../packet/packet.ts';
import { DEFAULT_TTL } from '../packet/packet-defaults.ts';

/** The packets by which a connection is judged. */
export interface ConnectionProbes {
  /** What comes next in the direction of its first packet. */
  readonly original: Packet;
  /** What comes next against it. */
  readonly reply: Packet;
  /** The first packet of the same connection, opened anew. */
  readonly opening: Packet;
}

const { S, A } = TCP_FLAG;

/** By TCP state, what either side sends next where it is no acknowledgement. */
const NEXT_FLAGS: Readonly<Record<string, { readonly original: number; readonly reply: number }>> =
  {
    SYN_SENT: { original: S, reply: S | A },
    SYN_SENT2: { original: S | A, reply: S | A },
    SYN_RECV: { original: A, reply: S | A },
  };

/** The packets by which a connection is judged, as they are on the wire where they come from. */
export function connectionProbes({ original, reply, state }: ConnectionRecord): ConnectionProbes {
  const flags = NEXT_FLAGS[state ?? ''] ?? { original: A, reply: A };
  return {
    original: packetOf(original, { flags: flags.original, chunk: 'DATA' }),
    reply: packetOf(reply, { flags: flags.reply, chunk: 'DATA' }),
    opening: packetOf(original, { flags: S, chunk: 'INIT' }),
  };
}

/** Whether the connection is over, so that its next packet would open another one. */
export function isOver({ original, state }: ConnectionRecord): boolean {
  return original.protocol === IP_PROTOCOL.tcp && (state === 'TIME_WAIT' || state === 'CLOSE');
}

function packetOf(
  tuple: RecordedTuple,
  next: { readonly flags: number; readonly chunk: string },
): Packet {
  const { family, protocol, source, destination, sourceKey, destinationKey } = tuple;
  const isIcmp = protocol === (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6);
  return {
    in: undefined,
    family,
    protocol,
    source,
    destination,
    sourcePort: isIcmp ? 0 : sourceKey,
    destinationPort: isIcmp ? 0 : destinationKey,
    tcpFlags: protocol === IP_PROTOCOL.tcp ? next.flags : 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: isIcmp ? destinationKey >> 8 : 0,
    icmpCode: isIcmp ? destinationKey & 255 : 0,
    icmpId: isIcmp ? sourceKey : 0,
    quoted: undefined,
    sctpChunk: protocol === IP_PROTOCOL.sctp ? next.chunk : undefined,
    mac: undefined,
    ttl: DEFAULT_TTL,
    tos: 0,
    length: undefined,
    mark: 0,
    state: undefined,
    uid: undefined,
    gid: undefined,
    timeSeconds: undefined,
  };
}
