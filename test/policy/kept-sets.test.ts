import { expect, test } from 'vitest';
import { KeptSets } from '../../src/policy/kept-sets.ts';
import { resolveNode } from '../../src/policy/resolve.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';

const DOCUMENTS = `
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: here-eth0, labels: {role: web}}
spec: {node: here, interfaceName: eth0, expectedIPs: [192.0.2.10]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: friends, labels: {is: friend}}
spec: {nets: [203.0.113.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: from-friends}
spec:
  selector: role == 'web'
  ingress: [{action: Allow, source: {selector: is == 'friend'}}]
`;

const read = (text: string): ResourceSet =>
  readResources([{ file: 'documents.yaml', text }], { version: '3.32' });

function netsOf(resources: ResourceSet, sets: KeptSets): readonly string[] {
  const { hostEndpoints } = resolveNode(resources, {
    node: 'here',
    interfaces: [{ name: 'eth0', addresses: [] }],
    environment: new Map(),
    sets,
  });
  return JSON.stringify(hostEndpoints).match(/"w3":\d+/g) ?? [];
}

test('sets are found once for documents whose endpoints, network sets and profiles are the same objects', () => {
  const resources = read(DOCUMENTS);
  const kept = new KeptSets();
  const profiles = new Map();
  const resolver = kept.resolverFor(resources, profiles);
  expect(kept.resolverFor({ ...resources, policies: [] }, profiles)).toBe(resolver);
  const [set] = resources.networkSets;
  const others = { ...resources, networkSets: [{ ...set!, nets: [] }] };
  expect(kept.resolverFor(others, profiles)).not.toBe(resolver);
});

test('what changes shows at once, and what was found before is not taken for it', () => {
  const kept = new KeptSets();
  const before = read(DOCUMENTS);
  const after = read(DOCUMENTS.replace('203.0.113.0/24', '198.51.100.0/24'));
  const wanted = [before, after, before].map((one) => netsOf(one, new KeptSets()));
  expect(wanted[0]).not.toEqual(wanted[1]);
  expect([before, after, before].map((one) => netsOf(one, kept))).toEqual(wanted);
});
