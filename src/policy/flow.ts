import type { IpAddress, IpFamily } from '../address/ip-address.ts';

/** The addresses and ports that policy looks at, at one moment of a packet's way. Ports are 0 without ports. */
export interface FlowHeaders {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/**
 * What `decide` must know of a packet's way through the host; all of it facts of routing, NAT and connection tracking, none of policy.
 */
export interface Flow {
  readonly family: IpFamily;
  readonly protocol: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Interface of arrival; undefined when a process on the host sends it. */
  readonly inInterface: string | undefined;
  /** Interface of departure as filter rules see it; undefined when it is delivered on the host. */
  readonly outInterface: string | undefined;
  /** Interface of departure after DNAT in OUTPUT has rerouted the packet; otherwise the same. */
  readonly finalOutInterface: string | undefined;
  /** False when routing ends the packet after PREROUTING (or before OUTPUT): only the raw and mangle policy saw it. */
  readonly routed: boolean;
  /** False when a packet of the host itself has no route any more once OUTPUT has translated its destination: only the raw policy saw it. */
  readonly routedAgain: boolean;
  /** The route back to the source does not leave by `inInterface`, as `-m rpfilter` judges it. */
  readonly reversePathFails: boolean;
  /** Before DNAT: what untracked and preDNAT policy see. */
  readonly original: FlowHeaders;
  /** After DNAT, before SNAT: what normal, forward and workload policy see. */
  readonly translated: FlowHeaders;
  /** Whether the destination after DNAT is an address of the host itself, neither broadcast nor multicast. */
  readonly toOwnAddress: boolean;
  /** Whether the connection's destination is translated (ctstate DNAT). */
  readonly destinationNat: boolean;
  /** The connection's state as it is when untracked policy does not take it off tracking. */
  readonly state: 'new' | 'established' | 'related' | 'invalid' | 'untracked';
}
