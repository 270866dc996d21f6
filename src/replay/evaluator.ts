import type { CapturedPacket } from './captured-packet.ts';

/** Returned by an evaluator that leaves the packet to the reference evaluator, untouched. */
export const NOT_FAST = -1;

/** Returned for a fragment that waits for the rest of its datagram; what becomes of it is told with the last one. */
export const WAITS = -2;

/** Returned for a packet that was translated on its way through the host and leaves: it was judged when it came. */
export const LEAVES = -3;

/** Judges the packets of one host in the order of their times. */
export interface Evaluator {
  /** The packet's outcome, by its number in `Outcomes`; or NOT_FAST, WAITS or LEAVES. HOT */
  take(packet: CapturedPacket): number;
}
