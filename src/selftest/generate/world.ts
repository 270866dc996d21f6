import type { IpFamily } from '../../address/ip-address.ts';
import type { JsonDocument } from './json-document.ts';

/** The node that everything generated is about. */
export const NODE = 'node1';

/** A workload that may have an endpoint, and the route that leads to it. */
export interface Workload {
  readonly interfaceName: string;
  readonly v4: string;
  readonly v6: string;
}

/** A generated machine and what its documents and packets speak of, so that they meet. */
export interface World {
  /** The Host document. */
  readonly host: JsonDocument;
  /** Names of the interfaces to the outside. */
  readonly uplinks: readonly string[];
  readonly workloads: readonly Workload[];
  /** Addresses of the host. */
  readonly own: Readonly<Record<IpFamily, readonly string[]>>;
  /** Addresses on both sides of the borders of nets, own addresses, workloads, and unknown ones. */
  readonly addresses: Readonly<Record<IpFamily, readonly string[]>>;
  /** Blocks that rules may name; borders lie among the addresses. */
  readonly nets: Readonly<Record<IpFamily, readonly string[]>>;
}

/** Ports that rules name, with neighbours, and of which some are failsafe ports. */
export const PORTS = [
  0, 1, 22, 53, 67, 68, 80, 443, 999, 1000, 1001, 2379, 5473, 6443, 6667, 8080, 30000, 65534, 65535,
] as const;
