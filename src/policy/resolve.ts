import type { IpAddress } from '../address/ip-address.ts';
import type { ResourceSet } from '../resources/resource-set.ts';
import type { NodePolicy } from './node-policy.ts';

/** What resolution must know of the machine: which interfaces it has, and their addresses. */
export interface InterfaceFacts {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

export interface ResolveOptions {
  readonly node: string;
  readonly interfaces: readonly InterfaceFacts[];
  /** FELIX_* variables; others are ignored. */
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * Works out what the documents mean for one node.
 *
 * @throws InputError when the documents contradict each other: a policy in an unknown tier, an invalid Felix parameter.
 */
export function resolveNode(_resources: ResourceSet, _options: ResolveOptions): NodePolicy {
  throw new Error('resolveNode is being written');
}
