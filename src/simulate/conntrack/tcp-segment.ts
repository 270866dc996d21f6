import { type Packet, TCP_FLAG } from '../../packet/packet.ts';
import { TCP_KIND } from './tcp-state.ts';
import type { TcpSide, TcpTracking } from './tcp-tracking.ts';

/**
 * The window that a segment is taken to offer which was written as fields, without scaling: what a Linux stack first offers. One that was
 * read from bytes bears its own.
 */
export const ASSUMED_WINDOW = 64_240;

/** A segment in the relative numbers of its connection. One record, filled anew for every packet. */
export interface Segment {
  kind: number;
  isReply: boolean;
  hasAck: boolean;
  isSyn: boolean;
  isRst: boolean;
  sequence: number;
  acknowledgement: number;
  /** One past its last byte; SYN and FIN count as one each. */
  end: number;
  /** The packet names its sequence number. */
  isSequenceGiven: boolean;
  /** The packet names a sequence number of 0, or an acknowledgement of 0. */
  isSequenceZero: boolean;
  isAcknowledgementZero: boolean;
  /** The acknowledgement on the wire, signed; undefined when the packet does not name it. */
  wireAcknowledgement: number | undefined;
  /** As the header bears it, unscaled. */
  window: number;
  /** Of its window scale option; -1 without one. */
  windowScale: number;
  sackPermitted: boolean;
  /** The highest of its selective acknowledgements, in the other side's numbers; the acknowledgement where there is none above. */
  sack: number;
}

/** Bytes of data in the segment. A packet without a length carries none. HOT */
function payloadLength(packet: Packet): number {
  const wire = packet.wire?.tcp;
  if (wire !== undefined) return wire.payloadBytes;
  if (packet.length === undefined) return 0;
  const headers = packet.family === 4 ? 40 : 60;
  return packet.length > headers ? packet.length - headers : 0;
}

/**
 * Fills `segment` from a packet. A number that the packet leaves out is the one that fits the connection; the first number
 * that a side's packets name ties the relative numbers to the wire's, so it fits as well. HOT
 */
export function readSegment(
  segment: Segment,
  packet: Packet,
  tracking: TcpTracking,
  kind: number,
  isReply: boolean,
): void {
  const sender = isReply ? tracking.reply : tracking.original;
  const receiver = isReply ? tracking.original : tracking.reply;
  const flags = packet.tcpFlags;
  segment.kind = kind;
  segment.isReply = isReply;
  segment.hasAck = (flags & TCP_FLAG.A) !== 0;
  segment.isSyn = (flags & TCP_FLAG.S) !== 0;
  segment.isRst = (flags & TCP_FLAG.R) !== 0;
  segment.isSequenceGiven = packet.tcpSequence !== undefined;
  segment.isSequenceZero = packet.tcpSequence === 0;
  segment.isAcknowledgementZero = packet.tcpAcknowledgement === 0;
  segment.wireAcknowledgement =
    packet.tcpAcknowledgement === undefined ? undefined : packet.tcpAcknowledgement | 0;
  const length =
    payloadLength(packet) + (segment.isSyn ? 1 : 0) + ((flags & TCP_FLAG.F) !== 0 ? 1 : 0);
  segment.sequence = relative(
    packet.tcpSequence,
    sender,
    expectedSequence(segment, sender, receiver, length),
  );
  segment.end = (segment.sequence + length) | 0;
  segment.acknowledgement = segment.hasAck
    ? relative(
        packet.tcpAcknowledgement,
        receiver,
        expectedAcknowledgement(segment, tracking, receiver),
      )
    : receiver.end;
  readWindow(segment, packet, receiver);
}

/** HOT */
function readWindow(segment: Segment, packet: Packet, receiver: TcpSide): void {
  const wire = packet.wire?.tcp;
  segment.window = wire === undefined ? ASSUMED_WINDOW : wire.window;
  segment.windowScale = wire === undefined ? -1 : wire.windowScale;
  segment.sackPermitted = wire?.sackPermitted === true;
  segment.sack = segment.acknowledgement;
  if (wire?.hasSack !== true || !receiver.anchored) return;
  const sack = (wire.sackHighest - receiver.base) | 0;
  if (((sack - segment.acknowledgement) | 0) > 0) segment.sack = sack;
}

/** HOT */
function relative(wire: number | undefined, side: TcpSide, expected: number): number {
  if (wire === undefined) return expected;
  if (!side.anchored) {
    side.base = (wire - expected) | 0;
    side.anchored = true;
  }
  return (wire - side.base) | 0;
}

/** HOT */
function expectedSequence(
  segment: Segment,
  sender: TcpSide,
  receiver: TcpSide,
  length: number,
): number {
  // A RST closes only when it stands exactly at what the other side has acknowledged.
  if (segment.isRst && receiver.hasAcknowledged) return receiver.maxAck;
  // A SYN that comes again is the same one, not the next byte.
  if (segment.isSyn && sender.maxWindow !== 0) return (sender.end - length) | 0;
  return sender.end;
}

/** HOT */
function expectedAcknowledgement(
  segment: Segment,
  tracking: TcpTracking,
  receiver: TcpSide,
): number {
  const answersLetThroughSyn =
    tracking.lastKind === TCP_KIND.syn &&
    tracking.lastIsReply !== segment.isReply &&
    (segment.kind === TCP_KIND.synAck || segment.isRst);
  return answersLetThroughSyn ? tracking.lastEnd : receiver.end;
}

/** A segment to be filled. */
export function emptySegment(): Segment {
  return {
    kind: TCP_KIND.none,
    isReply: false,
    hasAck: false,
    isSyn: false,
    isRst: false,
    sequence: 0,
    acknowledgement: 0,
    end: 0,
    isSequenceGiven: false,
    isSequenceZero: false,
    isAcknowledgementZero: false,
    wireAcknowledgement: undefined,
    window: ASSUMED_WINDOW,
    windowScale: -1,
    sackPermitted: false,
    sack: 0,
  };
}
