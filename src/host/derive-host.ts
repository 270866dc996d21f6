import type { HostEndpoint, WorkloadEndpoint } from '../resources/resource-set.ts';
import type { Host } from './host.ts';

/**
 * A machine for a node that has no Host document: one interface for each endpoint, default routes through the first named host
 * endpoint, a route to every workload address, forwarding on.
 */
export function deriveHost(
  _node: string,
  _hostEndpoints: readonly HostEndpoint[],
  _workloadEndpoints: readonly WorkloadEndpoint[],
): Host {
  throw new Error('deriveHost is being written');
}
