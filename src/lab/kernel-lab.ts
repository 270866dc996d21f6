import type { IpAddress } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import type { ConnectionState, Packet } from '../packet/packet.ts';
import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

/** Which build of iptables loads the rules. */
export type IptablesBuild = 'legacy' | 'nft';

/** A rule that the kernel's TRACE said a packet hit. Chain policies and returns at a chain's end are left out. */
export interface TracedRule {
  readonly hook: Hook;
  readonly table: TableName;
  readonly chain: string;
  /** From 1. */
  readonly rule: number;
}

/** What the kernel did with one packet. */
export interface Observation {
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** `local`, the interface it left by, or null. */
  readonly delivered: string | null;
  /** Headers at the last point where the packet was seen. */
  readonly final: {
    readonly source: IpAddress;
    readonly destination: IpAddress;
    readonly sourcePort: number;
    readonly destinationPort: number;
  };
  /** Undefined where the packet ended before connection tracking, or the lab was not asked to watch it. */
  readonly state: ConnectionState | undefined;
  readonly mark: number;
  /** Last point passed, for people: `prerouting (end)`, `forward (start)`. */
  readonly lastPoint: string;
  /** Only when tracing. */
  readonly rules: readonly TracedRule[] | undefined;
  /** Messages of the kernel were lost: the observation says nothing. */
  readonly lost: boolean;
  /**
   * Only with a drop, of an IPv4 packet that has no route: the kernel tells each sender about five times, then once a second, and nothing
   * switches that off in a namespace. Another such packet might have been rejected.
   */
  readonly answerLimited?: true;
}

export interface InjectOptions {
  /** Record the rules that each packet hits. */
  readonly trace?: boolean;
}

export interface LabOptions {
  readonly host: Host;
  readonly build: IptablesBuild;
  /**
   * Whether to report connection states; default true. Watching has the kernel track connections even where no rule asks for it
   * (netfilter-facts 1.3).
   */
  readonly watchState?: boolean;
  /** The program to run inside the namespace. Default: the one that was built with this module. */
  readonly worker?: string;
}

/**
 * A test host in the real kernel: a network namespace of its own, never connected to the root namespace, whose interfaces' far ends are
 * held by the lab.
 */
export interface KernelLab {
  /** The name of its network namespace, as `ip netns` knows it. */
  readonly namespace: string;
  /** Replaces all rules and sets with these, through the real ipset and iptables-restore programs. */
  load(rulesets: readonly Ruleset[]): Promise<void>;
  /** Empties the connection table. */
  flushConnections(): Promise<void>;
  /** Injects packets in order through one connection table, and says what became of each. */
  inject(packets: readonly Packet[], options?: InjectOptions): Promise<readonly Observation[]>;
  /** Removes everything that the lab made. */
  stop(): Promise<void>;
}
