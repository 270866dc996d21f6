import type { Cidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Hook, TableName } from './hook.ts';
import type { Match } from './match/match.ts';
import type { ChainOwner, RuleMeaning } from './rule-meaning.ts';
import type { Target } from './target/target.ts';

/** One netfilter rule. `target` undefined: the rule only counts. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly target: Target | undefined;
  /** Printed as `-m comment --comment`; at most 255 bytes of printable ASCII. */
  readonly comment: string | undefined;
  /** The line of the document that the rule came from. */
  readonly origin: SourceLocation | undefined;
  readonly meaning: RuleMeaning | undefined;
  /** Where a rule of a base chain goes when the kernel's chain has other rules already. */
  readonly placement: 'insert' | 'append';
}

/** A chain that the kernel calls at a hook. */
export interface BaseChain {
  readonly kind: 'base';
  readonly name: string;
  readonly hook: Hook;
  /** What happens to a packet that no rule decides. Undefined: what the kernel has stays. */
  readonly policy: 'accept' | 'drop' | undefined;
  readonly rules: readonly Rule[];
}

/** A chain that rules jump or go to. Names are at most 28 bytes. */
export interface UserChain {
  readonly kind: 'user';
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Set on the chains of endpoints; undefined on policy, dispatch and other shared chains, and on foreign ones. */
  readonly owner: ChainOwner | undefined;
}

/** A chain of the kernel's, or one that rules jump to. */
export type Chain = BaseChain | UserChain;

/** One table; a chain's name occurs once in it. */
export interface Table {
  readonly name: TableName;
  readonly chains: readonly Chain[];
}

/** A member of a `hash:net` or of a `hash:ip,port` set. */
export type IpSetMember =
  | { readonly kind: 'net'; readonly cidr: Cidr }
  | {
      readonly kind: 'address-port';
      readonly address: IpAddress;
      readonly protocol: number;
      readonly port: number;
    };

/** A set of blocks (`hash:net`) or of address, protocol and port (`hash:ip,port`). Names are at most 31 bytes. */
export interface IpSet {
  readonly name: string;
  readonly type: 'hash:net' | 'hash:ip,port';
  readonly family: IpFamily;
  readonly members: readonly IpSetMember[];
  /** What the members are, for people: the selector, or the named port. */
  readonly description: string | undefined;
}

/** The rules of one family: what the compiler writes, and what the simulator and the kernel read. */
export interface Ruleset {
  readonly family: IpFamily;
  readonly tables: readonly Table[];
  readonly ipSets: readonly IpSet[];
}
