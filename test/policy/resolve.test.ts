import { expect, test } from 'vitest';
import { resolveNode } from '../../src/policy/resolve.ts';
import { address, hostEndpoint, policy, resources, rule } from '../support/documents.ts';

test('a policy that selects a host endpoint by label is in its normal list', () => {
  const node = resolveNode(
    resources({
      hostEndpoints: [hostEndpoint('web', { interfaceName: 'eth0', labels: { role: 'web' } })],
      policies: [
        policy('allow-web', {
          selector: "role == 'web'",
          ingress: [rule('allow', { protocol: 'tcp', destination: { ports: [80] } })],
        }),
        policy('other', { selector: "role == 'db'", ingress: [rule('deny')] }),
      ],
    }),
    {
      node: 'node1',
      interfaces: [{ name: 'eth0', addresses: [address('192.0.2.10')] }],
      environment: new Map(),
    },
  );
  expect(node.hostEndpoints.map(({ name }) => name)).toEqual(['web']);
  expect(node.hostEndpoints[0]?.normal.map(({ ingress }) => ingress.map((p) => p.name))).toEqual([
    ['allow-web'],
  ]);
});
