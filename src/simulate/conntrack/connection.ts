import type { IpAddress, IpFamily } from '../../address/ip-address.ts';

/**
 * A flow in one direction. `sourceKey` and `destinationKey` are ports; for ICMP the identifier, and type and code
 * (type << 8 | code); 0 for protocols without either.
 */
export interface Tuple {
  readonly family: IpFamily;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourceKey: number;
  readonly destinationKey: number;
}

/** What the tracker remembers of one connection. Changed only by the connection tracker. */
export interface Connection {
  readonly original: Tuple;
  /** The mirror of `original`, with NAT applied: what the other side's packets carry. */
  readonly reply: Tuple;
  /** In the table; an unconfirmed connection is known to its first packet alone. */
  readonly confirmed: boolean;
  /** A helper of another connection expected it. */
  readonly expected: boolean;
  readonly seenReply: boolean;
  readonly assured: boolean;
  /** Whether the destination (source) of the original direction is translated. */
  readonly destinationNat: boolean;
  readonly sourceNat: boolean;
  /** Whether nat chains have been consulted for it, at PREROUTING or OUTPUT (destination), POSTROUTING or INPUT (source). */
  readonly destinationNatDone: boolean;
  readonly sourceNatDone: boolean;
  /** Simulated time at which it is forgotten. */
  readonly expiresAtMs: number;
  /** How much later than that it may be. */
  readonly spareMs: number;
  /** What CONNMARK sets, saves and restores, unsigned 32 bits. */
  readonly mark: number;
  /** Why nobody can say how its packets fare, in words; undefined for most. */
  readonly unknown: string | undefined;
  /** The protocol's own state, for people: `SYN_SENT`, `ESTABLISHED`, `UNREPLIED`, ... */
  readonly protocolState: string;
}
