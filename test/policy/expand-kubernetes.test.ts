import { describe, expect, test } from 'vitest';
import { expandKubernetes } from '../../src/policy/expand-kubernetes.ts';
import { podInterfaceName } from '../../src/policy/kubernetes-pod.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { outcome, run, way } from '../support/simulations.ts';

/** Two namespaces, a web pod on node1 in each, a client pod beside the first, and a pod of another node. */
const CLUSTER = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: sales}}
---
apiVersion: v1
kind: Namespace
metadata: {name: back}
---
${pod('web', 'shop', '10.65.0.1', '{app: web}')}
---
${pod('client', 'shop', '10.65.0.2', '{app: client}')}
---
${pod('web', 'back', '10.65.0.3', '{app: web}')}
---
${pod('far', 'back', '10.65.9.9', '{app: far}').replace('nodeName: node1', 'nodeName: node2')}
---
apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24]}
    - {name: ${podInterfaceName('shop', 'web')}}
    - {name: ${podInterfaceName('shop', 'client')}}
    - {name: ${podInterfaceName('back', 'web')}}
  routes:
    - {to: default, via: 192.0.2.1, dev: eth0}
    - {to: 10.65.0.1/32, dev: ${podInterfaceName('shop', 'web')}}
    - {to: 10.65.0.2/32, dev: ${podInterfaceName('shop', 'client')}}
    - {to: 10.65.0.3/32, dev: ${podInterfaceName('back', 'web')}}
`;

function pod(name: string, namespace: string, ip: string, labels: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: ${labels}}
spec:
  nodeName: node1
  containers: [{name: main, image: x, ports: [{name: http, containerPort: 8080}]}]
status: {phase: Running, podIP: ${ip}}`;
}

function networkPolicy(spec: string): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: ${spec}
`;
}

function read(...policies: readonly string[]): ResourceSet {
  return readResources([{ file: 'cluster.yaml', text: [CLUSTER, ...policies].join('\n---\n') }]);
}

/** What becomes of a packet to shop/web, port 8080 unless said otherwise; `from` is `client`, `back`, `far` or an address outside. */
function toWeb(resources: ResourceSet, from: string, port = 8080): string {
  const sources: Record<string, readonly [string, string]> = {
    client: ['10.65.0.2', podInterfaceName('shop', 'client')],
    back: ['10.65.0.3', podInterfaceName('back', 'web')],
    far: ['10.65.9.9', 'eth0'],
  };
  const [address, inInterface] = sources[from] ?? [from, 'eth0'];
  const model = new NodeModel(resources, { machine: 'node1', environment: new Map() });
  const result = run(
    model.simulator(4),
    `tcp ${address}:40000 -> 10.65.0.1:${port} in=${inInterface}`,
  );
  expect(['accept', 'drop'], way(result)).toContain(result.verdict);
  return outcome(result).split(' ')[0] as string;
}

describe('pods without policy', () => {
  test('their namespace allows everything', () => {
    const resources = read();
    for (const from of ['client', 'back', 'far', '203.0.113.7']) {
      expect(toWeb(resources, from)).toBe('accept');
    }
  });

  test('the interface name is the one that Calico gives the pod', () => {
    // printf shop.web | sha1sum
    expect(podInterfaceName('shop', 'web')).toBe('cali551b05c3e54');
  });

  test('a workload endpoint that is written out wins over the one made of the pod', () => {
    const resources = read(`
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: node1-k8s-web-eth0, namespace: shop, labels: {written: "yes"}}
spec: {node: node1, orchestrator: k8s, pod: web, endpoint: eth0, interfaceName: cali1, ipNetworks: [10.65.0.1/32]}`);
    const endpoints = expandKubernetes(resources).workloadEndpoints.filter(
      ({ metadata }) => metadata.name === 'node1-k8s-web-eth0' && metadata.namespace === 'shop',
    );
    expect(endpoints.map(({ interfaceName }) => interfaceName)).toEqual(['cali1']);
  });

  test('a rule for a Service is for the pods behind it, where no document gives its endpoints', () => {
    const service = `
apiVersion: v1
kind: Service
metadata: {name: clients, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: client}, ports: [{port: 80, targetPort: http}]}`;
    const policy = `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == 'web'
  ingress: [{action: Allow, source: {services: {name: clients, namespace: shop}}}]`;
    const resources = read(service, policy);
    expect(toWeb(resources, 'client')).toBe('accept');
    expect(toWeb(resources, 'back')).toBe('drop');
  });

  test('expanding twice is expanding once', () => {
    const once = expandKubernetes(read(networkPolicy('{podSelector: {}}')));
    const twice = expandKubernetes(once);
    expect(twice.policies.length).toBe(once.policies.length);
    expect(twice.workloadEndpoints.length).toBe(once.workloadEndpoints.length);
    expect(twice.profiles.length).toBe(once.profiles.length);
  });
});

describe('a NetworkPolicy', () => {
  const peers = ['client', 'back', 'far', '203.0.113.7'] as const;
  const cases: readonly [name: string, spec: string, allowed: readonly string[]][] = [
    ['without rules denies everybody', '{podSelector: {matchLabels: {app: web}}}', []],
    ['that selects other pods denies nobody', '{podSelector: {matchLabels: {app: none}}}', peers],
    ['with an empty rule allows everybody', '{podSelector: {}, ingress: [{}]}', peers],
    [
      'with a pod selector means pods of its own namespace',
      '{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}',
      ['client'],
    ],
    [
      'with a namespace selector means that namespace whole',
      '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: back}}}]}]}',
      ['back', 'far'],
    ],
    [
      'sees labels of namespaces',
      '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [sales, other]}]}}]}]}',
      ['client'],
    ],
    [
      'with both selectors in one peer wants both',
      '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: far}}}]}]}',
      ['far'],
    ],
    [
      'with both selectors as two peers wants either',
      '{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}, {namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}]}]}',
      ['client', 'back', 'far'],
    ],
    [
      'with a block and exceptions',
      '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.65.0.0/16, except: [10.65.0.0/30]}}]}]}',
      ['far'],
    ],
    [
      'with a named port means that port of the pod',
      '{podSelector: {}, ingress: [{ports: [{port: http}]}]}',
      peers,
    ],
    ['with another port', '{podSelector: {}, ingress: [{ports: [{port: 80}]}]}', []],
    [
      'with a range of ports',
      '{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8080}]}]}',
      peers,
    ],
    [
      'with every port of a protocol',
      '{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}',
      peers,
    ],
    ['for egress alone leaves ingress', '{podSelector: {}, policyTypes: [Egress]}', peers],
  ];
  test.each(cases)('%s', (_name, spec, allowed) => {
    const resources = read(
      networkPolicy(spec.replace('podSelector: {},', 'podSelector: {matchLabels: {app: web}},')),
    );
    expect(peers.filter((from) => toWeb(resources, from) === 'accept')).toEqual(allowed);
  });

  test('names itself and the position of its rule in the document', () => {
    const spec =
      '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}, {ipBlock: {cidr: 198.51.100.0/24}}]}, {ports: [{port: 8080}]}]}';
    const model = new NodeModel(read(networkPolicy(spec)), {
      machine: 'node1',
      environment: new Map(),
    });
    const result = run(model.simulator(4), 'tcp 203.0.113.7:40000 -> 10.65.0.1:8080 in=eth0');
    expect(result.decision).toMatchObject({
      kind: 'policy',
      policy: 'shop/knp.default.web',
      ruleIndex: 1,
      type: 'workload',
    });
  });
});

test('labels of a namespace come from its document and from its profile', () => {
  const profile = `
apiVersion: projectcalico.org/v3
kind: Profile
metadata: {name: kns.shop}
spec: {labelsToApply: {pcns.tier: gold}, ingress: [{action: Allow}], egress: [{action: Allow}]}`;
  const found = expandKubernetes(read(profile)).profiles.find(
    ({ metadata }) => metadata.name === 'kns.shop',
  );
  expect(found?.labels.get('pcns.team')).toBe('sales');
  expect(found?.labels.get('pcns.tier')).toBe('gold');
});
