import type { Cidr } from '../address/cidr.ts';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { HostDocument, HostRemark } from '../resources/host-document.ts';
import type { SourceLocation } from '../source/location.ts';

/** An address of an interface with the block of its subnet. */
export interface InterfaceAddress {
  readonly address: IpAddress;
  readonly cidr: Cidr;
}

/** A network interface. */
export interface HostInterface {
  readonly name: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly mac: string | undefined;
  readonly up: boolean;
  /** The bridge, bond or VRF that it is enslaved to. */
  readonly master: string | undefined;
  /** The kind of link, in the words of `ip link` (`bridge`, `bond`, `vrf`, `vlan`, ...); undefined where nobody says. */
  readonly type: string | undefined;
}

/** What a route does with packets, in the words of `ip route`. */
export type RouteType = HostDocument['routes'][number]['type'];

/** One route as `ip route` has it. Connected routes and the local table are listed here only with `derivedRoutes` false. */
export interface Route {
  readonly family: IpFamily;
  readonly type: RouteType;
  /** The destination block; length 0 is the default route. */
  readonly to: Cidr;
  readonly via: IpAddress | undefined;
  readonly dev: string | undefined;
  readonly metric: number;
  /** Table name (`main`, `local`, `default`) or number in decimal. */
  readonly table: string;
  /** Preferred source address. */
  readonly src: IpAddress | undefined;
  /** What it has that the simulation does not know, by the words of `ip route`; packets that meet it are undetermined. */
  readonly notModelled: readonly string[];
}

/** What a policy routing rule does with packets, in the words of `ip rule`. */
export type RoutingRuleAction = HostDocument['rules'][number]['action'];

/** One policy routing rule as `ip rule` has it; every criterion that is undefined matches all. */
export interface RoutingRule {
  readonly family: IpFamily;
  readonly priority: number;
  readonly not: boolean;
  readonly from: Cidr | undefined;
  readonly to: Cidr | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly fwmark: { readonly value: number; readonly mask: number } | undefined;
  readonly protocol: number | undefined;
  readonly action: RoutingRuleAction;
  /** The table that `lookup` consults. */
  readonly table: string;
  /** `suppress_prefixlength N`: a result with a prefix of N bits or fewer is no result. */
  readonly suppressPrefixLength: number | undefined;
  /** What it has that the simulation does not know, by the words of `ip rule`; packets that it could match are undetermined. */
  readonly notModelled: readonly string[];
}

/** What a Host document carries verbatim from the machine's tools. */
export interface HostText {
  readonly text: string;
  readonly location: SourceLocation;
  /** Its lines are not lines of the file. */
  readonly isQuoted?: boolean;
}

/** What the simulation must know of a machine. Always has `lo` with 127.0.0.1/8 and ::1/128. */
export interface Host {
  readonly name: string;
  readonly interfaces: readonly HostInterface[];
  /** Static routes of every table; with `derivedRoutes` false all routes that there are. */
  readonly routes: readonly Route[];
  /** Whether addresses bring their own routes along. */
  readonly derivedRoutes: boolean;
  /** In the order in which the kernel asks them; its own (local 0, main 32766, IPv4 default 32767) are listed too unless removed. */
  readonly rules: readonly RoutingRule[];
  /** By full dotted name, such as `net.ipv4.ip_forward`; values as integers. Absent: the documented default. */
  readonly sysctls: ReadonlyMap<string, number>;
  readonly iptables: HostText | undefined;
  readonly ip6tables: HostText | undefined;
  readonly ipsets: HostText | undefined;
  /** A connection table as `conntrack -L -o extended` prints it. */
  readonly connections: HostText | undefined;
  /** What the machine has beside, which may do anything to packets. */
  readonly notModelled: readonly HostRemark[];
  /** True when no Host document described the machine and this one was derived from endpoints. */
  readonly derived: boolean;
}
