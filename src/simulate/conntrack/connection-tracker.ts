import type { IpAddress } from '../../address/ip-address.ts';
import type { PacketInFlight } from '../packet-in-flight.ts';

/** A new place for a packet's destination or source. Without `port` the port is kept where it is free. */
export interface NatPlace {
  readonly address: IpAddress;
  readonly port: number | undefined;
}

/** What binding a connection to a translation came to. */
export type NatOutcome =
  | { readonly kind: 'bound'; readonly changed: boolean }
  /** The kernel chooses a port that cannot be foretold; the packet was given none. */
  | { readonly kind: 'unpredictable'; readonly reason: string };

/**
 * The connection table of one host, and the translation of addresses that hangs on it. Time is simulated, in milliseconds.
 *
 * Order of calls for a packet: `track` (after table raw), then at PREROUTING or OUTPUT either `bindDestination` with what the nat chain
 * said or, where `needsDestinationNat` is false, `applyDestination`; the same for the source at POSTROUTING or INPUT; then `confirm` at the
 * end of POSTROUTING or INPUT, or `forget` when the packet ends before.
 */
export class ConnectionTracker {
  /** `sysctls` by full name; absent ones have the documented default. */
  constructor(_sysctls: ReadonlyMap<string, number>) {}

  /** Finds or makes the connection; sets `connection`, `state` and `isReply` of the packet. */
  track(_packet: PacketInFlight, _nowMs: number): void {
    throw new Error('track is being written');
  }

  /** Whether the nat chains of PREROUTING and OUTPUT are consulted for this packet (the first one of a connection only). */
  needsDestinationNat(_packet: PacketInFlight): boolean {
    throw new Error('being written');
  }

  /** Whether the nat chains of POSTROUTING and INPUT are consulted. */
  needsSourceNat(_packet: PacketInFlight): boolean {
    throw new Error('being written');
  }

  /** Binds the connection's destination to `place`, or to itself (undefined: no translation), and rewrites the packet. */
  bindDestination(_packet: PacketInFlight, _place: NatPlace | undefined): NatOutcome {
    throw new Error('being written');
  }

  bindSource(_packet: PacketInFlight, _place: NatPlace | undefined): NatOutcome {
    throw new Error('being written');
  }

  /** Rewrites a packet of a bound connection at PREROUTING or OUTPUT (a reply's destination too); true when it changed. */
  applyDestination(_packet: PacketInFlight): boolean {
    throw new Error('being written');
  }

  /** Rewrites at POSTROUTING or INPUT; true when it changed. */
  applySource(_packet: PacketInFlight): boolean {
    throw new Error('being written');
  }

  /** Puts a new connection into the table; `clash` when its tuples are taken, which drops the packet silently. */
  confirm(_packet: PacketInFlight, _nowMs: number): 'confirmed' | 'clash' {
    throw new Error('being written');
  }

  /** The packet ended before `confirm`: an unconfirmed connection is no more. */
  forget(_packet: PacketInFlight): void {
    throw new Error('being written');
  }

  /** Empties the table. */
  clear(): void {
    throw new Error('being written');
  }

  /** A point to come back to, for following one packet along several ways. Points nest. */
  checkpoint(): number {
    throw new Error('being written');
  }

  /** Undoes everything since the point. */
  rollback(_checkpoint: number): void {
    throw new Error('being written');
  }

  /** Forgets how to undo what came after the point; call when the outermost point is no longer needed. */
  release(_checkpoint: number): void {
    throw new Error('being written');
  }
}
