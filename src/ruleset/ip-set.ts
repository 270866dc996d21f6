import type { Cidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { Masked, NumberRange } from './option/number-codecs.ts';

/** What a set holds: how it is kept, and what its dimensions are. */
export type IpSetType =
  | 'hash:net'
  | 'hash:ip'
  | 'hash:ip,port'
  | 'hash:net,port'
  | 'hash:ip,port,ip'
  | 'hash:ip,port,net'
  | 'hash:net,net'
  | 'hash:net,port,net'
  | 'hash:ip,mark'
  | 'hash:net,iface'
  | 'hash:mac'
  | 'hash:ip,mac'
  | 'bitmap:ip'
  | 'bitmap:ip,mac'
  | 'bitmap:port'
  | 'list:set';

/** One dimension of an element. A single address is a block of its whole length. */
export type ElementPart =
  | { readonly kind: 'net'; readonly cidr: Cidr }
  /** `protocol` 0 stands in a set that has ports without a protocol (`bitmap:port`). For ICMP the port is `type << 8 | code`. */
  | { readonly kind: 'port'; readonly protocol: number; readonly port: number }
  /** `physical`: the port of a bridge; `name` ends in `+` where it is a prefix. */
  | { readonly kind: 'interface'; readonly name: string; readonly physical: boolean }
  | { readonly kind: 'mark'; readonly mark: number }
  /** Undefined in `bitmap:ip,mac`: filled in by the first packet. */
  | { readonly kind: 'mac'; readonly mac: string | undefined }
  | { readonly kind: 'set'; readonly name: string };

/** What an element carries beside what it is. */
export interface MemberExtras {
  /** Where this element is the most specific one, the packet is not in the set. */
  readonly nomatch?: boolean | undefined;
  /** What is left when it was saved; 0 is for ever. */
  readonly timeoutSeconds?: number | undefined;
  readonly packets?: number | undefined;
  readonly bytes?: number | undefined;
  readonly comment?: string | undefined;
  readonly skbmark?: Masked | undefined;
  /** As ipset prints it: `1:10`. */
  readonly skbprio?: string | undefined;
  readonly skbqueue?: number | undefined;
}

/** An element of a set: a block or address alone, address with protocol and port, or several dimensions. */
export type IpSetMember =
  | { readonly kind: 'net'; readonly cidr: Cidr; readonly extras?: MemberExtras | undefined }
  | {
      readonly kind: 'address-port';
      readonly address: IpAddress;
      readonly protocol: number;
      readonly port: number;
      readonly extras?: MemberExtras | undefined;
    }
  | {
      readonly kind: 'element';
      readonly parts: readonly ElementPart[];
      readonly extras?: MemberExtras | undefined;
    };

/** What a set was created with. */
export interface IpSetOptions {
  readonly hashSize?: number | undefined;
  readonly maxElements?: number | undefined;
  readonly bucketSize?: number | undefined;
  readonly initialValue?: number | undefined;
  /** Elements, and packets' addresses, are cut to this prefix length. */
  readonly netmask?: number | undefined;
  /** The same with a mask that may have gaps. */
  readonly bitmask?: IpAddress | undefined;
  readonly markMask?: number | undefined;
  /** What an element gets that names no timeout; without it elements stay for ever. */
  readonly timeoutSeconds?: number | undefined;
  readonly counters?: boolean | undefined;
  readonly comment?: boolean | undefined;
  readonly skbinfo?: boolean | undefined;
  readonly forceAdd?: boolean | undefined;
  /** Of bitmaps: the ports, or the first and last address as their numbers. */
  readonly range?: NumberRange | undefined;
  /** Of `list:set`. */
  readonly size?: number | undefined;
}

/**
 * A set of ipset. Names are at most 31 bytes.
 *
 * `hash:net`, `hash:ip` and `bitmap:ip` have members of kind `net`, `hash:ip,port` those of kind `address-port`, every other type those of kind `element`
 * with one part a dimension.
 */
export interface IpSet {
  readonly name: string;
  readonly type: IpSetType;
  /** Undefined for types without addresses: `bitmap:port`, `hash:mac`, `list:set`. */
  readonly family: IpFamily | undefined;
  readonly members: readonly IpSetMember[];
  /** What the members are, for people: the selector, or the named port. */
  readonly description: string | undefined;
  /** Undefined for sets of ours, which are created with what they need. */
  readonly options?: IpSetOptions | undefined;
}
