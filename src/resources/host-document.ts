import type { SourceLocation } from '../source/location.ts';
import type { Metadata } from './metadata.ts';

/** A string of a document and where it stands. */
export interface WrittenText {
  readonly text: string;
  readonly location: SourceLocation;
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
    readonly location: SourceLocation;
  }[];
  readonly routes: readonly {
    readonly to: string;
    readonly type: 'unicast' | 'local' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
    readonly via: string | undefined;
    readonly dev: string | undefined;
    readonly metric: number | undefined;
    readonly table: string | undefined;
    readonly src: string | undefined;
    readonly location: SourceLocation;
  }[];
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
    readonly action: 'lookup' | 'blackhole' | 'unreachable' | 'prohibit';
    readonly table: string | undefined;
    readonly suppressPrefixLength: number | undefined;
    readonly family: 4 | 6 | undefined;
    readonly location: SourceLocation;
  }[];
  readonly sysctls: ReadonlyMap<string, number>;
  readonly iptables: WrittenText | undefined;
  readonly ip6tables: WrittenText | undefined;
  readonly ipsets: WrittenText | undefined;
  readonly connections: WrittenText | undefined;
}
