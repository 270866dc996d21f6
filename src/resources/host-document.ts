import type { SourceLocation } from '../source/location.ts';
import type { Metadata } from './metadata.ts';

/** A string of a document and where it stands. */
export interface WrittenText {
  readonly text: string;
  readonly location: SourceLocation;
  /** Its lines are not lines of the file: it stands in quotes, or in JSON. */
  readonly isQuoted?: boolean;
}

/** A `Host` document as written, checked; `host/` makes the machine of it. Addresses are still text, known to be valid. */
export interface HostDocument {
  readonly metadata: Metadata;
  readonly interfaces: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly mac: string | undefined;
    readonly up: boolean;
    readonly master: string | undefined;
    /** The kind of link, in the words of `ip link`: `bridge`, `vlan`, `wireguard`, ... */
    readonly type: string | undefined;
    readonly location: SourceLocation;
  }[];
  readonly routes: readonly {
    readonly to: string;
    readonly type: (typeof ROUTE_TYPES)[number];
    readonly via: string | undefined;
    readonly dev: string | undefined;
    readonly metric: number | undefined;
    readonly table: string | undefined;
    readonly src: string | undefined;
    /** The fields it has that the simulation of routing does not know. */
    readonly notModelled: readonly string[];
    readonly location: SourceLocation;
  }[];
  /** False when `routes` is all that the host has, and none come from addresses. */
  readonly derivedRoutes: boolean;
  /** As `ip rule` has them. */
  readonly rules: readonly {
    readonly priority: number | undefined;
    readonly not: boolean;
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly iif: string | undefined;
    readonly oif: string | undefined;
    /** `0x10/0xff` or `16`. */
    readonly fwmark: string | undefined;
    readonly protocol: number | undefined;
    readonly action: (typeof RULE_ACTIONS)[number];
    readonly table: string | undefined;
    readonly suppressPrefixLength: number | undefined;
    readonly family: 4 | 6 | undefined;
    readonly notModelled: readonly string[];
    readonly location: SourceLocation;
  }[];
  readonly sysctls: ReadonlyMap<string, number>;
  readonly iptables: WrittenText | undefined;
  readonly ip6tables: WrittenText | undefined;
  readonly ipsets: WrittenText | undefined;
  readonly connections: WrittenText | undefined;
  /** What the machine has beside, in words: it may do anything to packets of the family, or of both. */
  readonly notModelled: readonly HostRemark[];
}

/** Something of a machine that cannot be written as a document. */
export interface HostRemark {
  readonly what: string;
  readonly family: 4 | 6 | undefined;
  readonly location: SourceLocation;
}

/** What a route does with packets, in the words of `ip route`. Those of the second line the kernel makes from addresses. */
// biome-ignore format: one line for each kind
export const ROUTE_TYPES = [
  'unicast', 'local', 'blackhole', 'unreachable', 'prohibit', 'throw',
  'broadcast', 'anycast', 'multicast',
] as const;

/** What a policy routing rule does with packets, in the words of `ip rule`. */
// biome-ignore format: one line is enough
export const RULE_ACTIONS = [
  'lookup', 'blackhole', 'unreachable', 'prohibit', 'goto', 'nop',
] as const;
