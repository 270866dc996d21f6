import type { JsonDocument } from './json-document.ts';
import type { DocumentContext } from './random-rules.ts';
import { NODE } from './world.ts';

/**
 * Services in front of workloads and hosts, so that packets are translated on their way. Each port has one endpoint: which of
 * several the kernel takes is chance.
 */
export function randomServices(context: DocumentContext): readonly JsonDocument[] {
  const { random, world } = context;
  if (random.chance(45)) return [];
  const workload = random.pick(world.workloads);
  const backend = random.pick([workload.v4, workload.v4, '10.0.0.20', '203.0.113.7']);
  const masquerading = random.chance(50) ? { externalTrafficPolicy: 'Cluster' } : {};
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'NodePort',
        clusterIP: '10.96.0.1',
        ...masquerading,
        ports: [
          { name: 'web', protocol: 'TCP', port: 80, nodePort: 30000 },
          ...(random.chance(50) ? [{ name: 'dns', protocol: 'UDP', port: 53 }] : []),
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'web', namespace: 'default' },
      subsets: random.chance(10)
        ? []
        : [
            {
              addresses: [{ ip: backend, nodeName: NODE }],
              ports: [
                { name: 'web', port: 8080, protocol: 'TCP' },
                { name: 'dns', port: 999, protocol: 'UDP' },
              ],
            },
          ],
    },
  ];
}
