import type { NodePolicy } from '../../src/policy/node-policy.ts';
import { type InterfaceFacts, resolveNode } from '../../src/policy/resolve.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import { address, resources } from './documents.ts';

/** node1: eth0 to the world, eth1 inside, lo, and two interfaces of workloads. */
export const INTERFACES: readonly InterfaceFacts[] = [
  { name: 'lo', addresses: [address('127.0.0.1'), address('::1')] },
  { name: 'eth0', addresses: [address('192.0.2.10'), address('2001:db8::10')] },
  { name: 'eth1', addresses: [address('198.51.100.1')] },
  { name: 'cali1', addresses: [] },
  { name: 'cali2', addresses: [] },
];

/** What the documents mean for node1 in the version. `environment` names are without FELIX_. */
export function resolvedNode(
  version: CalicoVersion,
  documents: Partial<ResourceSet>,
  environment: Readonly<Record<string, string>> = {},
): NodePolicy {
  return resolveNode(resources({ version, ...documents }), {
    node: 'node1',
    interfaces: INTERFACES,
    environment: new Map(
      Object.entries(environment).map(([name, value]) => [`FELIX_${name.toUpperCase()}`, value]),
    ),
  });
}
