import type { PacketResult } from '../simulate/packet-result.ts';

/** A packet record of a capture with what became of it, for whoever wants each one. */
export interface ReplayedPacket {
  /** The capture's place in the order in which they were named. */
  readonly capture: number;
  /** The record's number in its capture, from 1. */
  readonly frame: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** The frame as captured, link layer included. Holds until the next packet. */
  readonly bytes: Uint8Array;
  /** On the wire. */
  readonly originalLength: number;
  /** Of its capture's interfaces. */
  readonly interfaceId: number;
  /** Its outcome's number. */
  readonly outcome: number;
  /** Undefined where no rule was asked: dropped before, or not known. */
  readonly result: PacketResult | undefined;
  /** Only where two policies are compared. */
  readonly other?: OtherOutcome | undefined;
}

/** What another policy made of the same packet, in a replay that compares two. */
export interface OtherOutcome {
  /** In the other policy's outcomes. */
  readonly outcome: number;
  readonly result: PacketResult | undefined;
}

/** A packet record that waits for its outcome, with a copy of its bytes. */
export type HeldPacket = Omit<ReplayedPacket, 'outcome' | 'result' | 'other'>;

/** Takes every packet of a replay that a filter lets through. */
export type PacketSink = (packet: ReplayedPacket) => void;

/** Whether a packet is one of those asked for. */
export type PacketFilter = (packet: ReplayedPacket) => boolean;
