import type { IpFamily } from '../address/ip-address.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Hook, TableName } from './hook.ts';
import type { IpSet } from './ip-set.ts';
import type { Match } from './match/match.ts';
import type { ChainOwner, RuleMeaning } from './rule-meaning.ts';
import type { Target } from './target/target.ts';

/** How often something was met. Beyond 2^53 the numbers are rounded. */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

/** One netfilter rule. `target` undefined: the rule only counts. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly target: Target | undefined;
  /** Printed as `-m comment --comment` behind the matches; at most 255 bytes of printable ASCII. */
  readonly comment: string | undefined;
  /** The line of the document that the rule came from. */
  readonly origin: SourceLocation | undefined;
  readonly meaning: RuleMeaning | undefined;
  /** Where a rule of a base chain goes when the kernel's chain has other rules already. */
  readonly placement: 'insert' | 'append';
  readonly counters?: Counters | undefined;
}

/** A chain that the kernel calls at a hook. */
export interface BaseChain {
  readonly kind: 'base';
  readonly name: string;
  readonly hook: Hook;
  /** What happens to a packet that no rule decides. Undefined: what the kernel has stays. */
  readonly policy: 'accept' | 'drop' | undefined;
  readonly rules: readonly Rule[];
  /** The line that declares it, where a text does. */
  readonly origin?: SourceLocation | undefined;
  readonly counters?: Counters | undefined;
}

/** A chain that rules jump or go to. Names are at most 28 bytes. */
export interface UserChain {
  readonly kind: 'user';
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Set on the chains of endpoints; undefined on policy, dispatch and other shared chains, and on foreign ones. */
  readonly owner: ChainOwner | undefined;
  readonly origin?: SourceLocation | undefined;
}

/** A chain of the kernel's, or one that rules jump to. */
export type Chain = BaseChain | UserChain;

/** One table; a chain's name occurs once in it. */
export interface Table {
  readonly name: TableName;
  readonly chains: readonly Chain[];
}

/** The rules of one family: what the compiler writes, and what the simulator and the kernel read. */
export interface Ruleset {
  readonly family: IpFamily;
  readonly tables: readonly Table[];
  readonly ipSets: readonly IpSet[];
}
