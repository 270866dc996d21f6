import type { IpAddress } from '../address/ip-address.ts';
import type { ConnectionState, Packet } from '../packet/packet.ts';
import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Direction, PolicyType } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Tuple } from './conntrack/connection.ts';

export type PacketVerdict = 'accept' | 'drop' | 'reject' | 'undetermined';

export type DecisionKind =
  | 'policy'
  | 'profile'
  | 'failsafe'
  | 'default'
  | 'conntrack'
  | 'workload'
  /** Traffic of Calico's own tunnels between hosts, accepted or dropped before policy. */
  | 'tunnel'
  | 'unpoliced'
  | 'foreign'
  | 'routing';

/** What settled a verdict, field for field as the outside contract prints it; a field that does not apply is absent. */
export interface Decision {
  readonly kind: DecisionKind;
  readonly policy?: string;
  readonly tier?: string;
  readonly direction?: Direction;
  readonly ruleIndex?: number;
  readonly endpoint?: string;
  readonly type?: PolicyType;
  readonly hook?: Hook;
  readonly table?: TableName;
  readonly chain?: string;
  /** From 1; 0 for a chain's policy. */
  readonly rule?: number;
  readonly source?: { readonly file: string; readonly line: number };
  /** In words, where no rule decided: which route, sysctl or check. */
  readonly reason?: string;
}

/** A rule that matched. */
export interface Hop {
  readonly hook: Hook;
  readonly table: TableName;
  readonly chain: string;
  /** From 1. */
  readonly rule: number;
  /** The rule as iptables writes it, without `-A CHAIN`. */
  readonly text: string;
  readonly effect: string;
}

/** Addresses and ports at the packet's end. */
export interface FinalHeaders {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** One step of a packet's way, in the order in which they happen. */
export type TraceStep =
  | {
      readonly kind: 'hook';
      readonly hook: Hook;
      readonly inInterface: string;
      readonly outInterface: string;
    }
  | {
      readonly kind: 'rule';
      readonly hook: Hook;
      readonly table: TableName;
      readonly chain: string;
      readonly ruleNumber: number;
      readonly rule: Rule;
      /** Such as `jump hep-FORWARD`, `mark 0x10000`, `accept`. */
      readonly effect: string;
      /** Depth of the call stack, 0 in the base chain. */
      readonly depth: number;
    }
  /** Only when explaining: a rule that was looked at and did not match. */
  | {
      readonly kind: 'passed-over';
      readonly hook: Hook;
      readonly table: TableName;
      readonly chain: string;
      readonly ruleNumber: number;
      readonly rule: Rule;
      /** The first criterion that failed, with what the packet had: `-p tcp: the packet is udp`. */
      readonly failed: string;
      readonly depth: number;
    }
  | {
      readonly kind: 'chain-policy';
      readonly hook: Hook;
      readonly table: TableName;
      readonly chain: string;
      readonly verdict: 'accept' | 'drop';
    }
  | {
      readonly kind: 'conntrack';
      readonly hook: Hook;
      readonly state: ConnectionState;
      /** Whether the packet travels against its connection's first one. */
      readonly isReply: boolean;
      /** Whether its connection was in the table before it came. */
      readonly isKnown: boolean;
      /** Whether it took the place of a connection that was over, and that is forgotten whatever becomes of the packet. */
      readonly replaces: boolean;
      readonly detail: string;
    }
  | {
      readonly kind: 'nat';
      readonly hook: Hook;
      readonly side: 'source' | 'destination';
      readonly before: string;
      readonly after: string;
      readonly detail: string;
      /** What it was given stands for others that the kernel may choose as well. */
      readonly byChance: boolean;
    }
  /** The packet's mark is another one now, otherwise than by what a rule says alone. */
  | { readonly kind: 'mark'; readonly mark: number; readonly detail: string }
  | {
      readonly kind: 'route';
      readonly outcome: 'local' | 'forward' | 'drop' | 'reject';
      readonly detail: string;
    }
  | { readonly kind: 'note'; readonly detail: string };

/** A step that no rule and no chain policy took. */
export type PathEvent = Exclude<TraceStep, { readonly kind: 'rule' | 'chain-policy' }>;

/** How one packet's journey ended, and everything that led there. */
export interface PacketResult {
  /** With `in` filled in, and the source where a local process left it open. */
  readonly packet: Packet;
  readonly verdict: PacketVerdict;
  /** `local`, an interface, or null. */
  readonly delivered: string | null;
  readonly state: ConnectionState | null;
  readonly final: FinalHeaders;
  readonly decision: Decision;
  readonly decisions: readonly Decision[];
  readonly hops: readonly Hop[];
  /** Only where undetermined: what could not be known. */
  readonly because: readonly string[] | undefined;
  readonly steps: readonly TraceStep[];
  /** The steps that are neither rules nor chain policies; unlike `steps` they cost nothing to have. */
  readonly events: readonly PathEvent[];
  /** The mark at the end. */
  readonly mark: number;
  /** The first direction of the connection that it belongs to; undefined where it has none. */
  readonly flow?: Tuple | undefined;
  /**
   * The other ways that chance leaves open, with the same verdict and delivery and perhaps other headers, marks and rules; empty or absent where
   * there are none, and where the packet is undetermined.
   */
  readonly otherWays?: readonly PacketResult[];
}
