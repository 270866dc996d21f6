import type { Cidr } from '../address/cidr.ts';

/** A failsafe port: a protocol number, a port, and the peers that it is for (undefined: any). */
export interface FailsafePort {
  readonly protocol: number;
  readonly port: number;
  readonly net: Cidr | undefined;
}

/** Felix's parameters as they are in force on the node, after merging defaults, documents and environment. */
export interface FelixConfig {
  /** Prefixes of workload interfaces' names, such as `cali`. */
  readonly interfacePrefixes: readonly string[];
  readonly chainInsertMode: 'insert' | 'append';
  readonly defaultEndpointToHostAction: 'drop' | 'return' | 'accept';
  readonly filterAllowAction: 'accept' | 'return';
  readonly mangleAllowAction: 'accept' | 'return';
  readonly filterDenyAction: 'drop' | 'reject';
  /** Bits of the packet mark that are ours, allocated from the lowest upwards. */
  readonly markMask: number;
  readonly disableConntrackInvalidCheck: boolean;
  readonly logPrefix: string;
  readonly ipipEnabled: boolean;
  readonly vxlanEnabled: boolean;
  readonly vxlanPort: number;
  readonly allowVxlanFromWorkloads: boolean;
  readonly allowIpipFromWorkloads: boolean;
  readonly ipv6Support: boolean;
  readonly failsafeInbound: readonly FailsafePort[];
  readonly failsafeOutbound: readonly FailsafePort[];
}
