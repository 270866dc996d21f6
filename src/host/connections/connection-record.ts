import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { SourceLocation } from '../../source/location.ts';

/**
 * A flow in one direction as connection tracking keys it. `sourceKey` and `destinationKey` are ports; for ICMP the identifier,
 * and type and code (type << 8 | code); 0 for protocols without either.
 */
export interface RecordedTuple {
  readonly family: IpFamily;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourceKey: number;
  readonly destinationKey: number;
}

/** The zones of connection tracking that the two directions of a flow are in; 0 where it is in none. */
export interface ConnectionZone {
  readonly original: number;
  readonly reply: number;
}

/** One entry of a connection table as conntrack(8) prints it. */
export interface ConnectionRecord {
  readonly original: RecordedTuple;
  readonly reply: RecordedTuple;
  /** `ESTABLISHED`, as printed, for the protocols that have states. */
  readonly state: string | undefined;
  /** What is left of its life; undefined where nothing is printed, as for offloaded flows. */
  readonly timeoutSeconds: number | undefined;
  readonly seenReply: boolean;
  readonly assured: boolean;
  readonly mark: number;
  readonly zone: ConnectionZone;
  /** The helper that follows what its packets carry. */
  readonly helper: string | undefined;
  /** Why its packets cannot be judged, in words; undefined for most. */
  readonly unknown: string | undefined;
  /** The line it was read from. */
  readonly line: number;
}

/** A connection table at one moment. */
export interface ConnectionSnapshot {
  readonly records: readonly ConnectionRecord[];
  /** Where it begins; lines of records are in the same file. */
  readonly location: SourceLocation;
  /** Entries that could not be taken over whole, in words. */
  readonly notes: readonly string[];
}

/** The table of a host without connections. */
export const NO_CONNECTIONS: ConnectionSnapshot = {
  records: [],
  location: { file: '', line: 1, column: 1 },
  notes: [],
};
