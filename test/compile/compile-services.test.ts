import { expect, test } from 'vitest';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import { compileServices } from '../../src/compile/compile-services.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import type { Simulator } from '../../src/simulate/simulator.ts';
import { outcome, run, simulator, way } from '../support/simulations.ts';

/** The test host with these documents' Services; its own node is `here`, the workload 203.0.113.10 stands for a local pod. */
function host(yaml: string, clusterCidrs: readonly string[] = []): Simulator {
  const { kubernetes } = readResources([{ file: 'services.yaml', text: yaml }]);
  const rulesets = ([4, 6] as const).map((family) =>
    compileServices(kubernetes, { node: 'here', family, clusterCidrs }),
  );
  return simulator(rulesets);
}

/** A Service, and its Endpoints: `address@node`, all on port 8080. */
function service(spec: string, endpoints: readonly string[], status = ''): string {
  const addresses = endpoints
    .map((text) => text.split('@'))
    .map(([ip, node]) => `{ip: "${ip}"${node === undefined ? '' : `, nodeName: ${node}`}}`);
  return `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: ${spec}
${status}
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets: ${endpoints.length === 0 ? '[]' : `[{addresses: [${addresses.join(', ')}], ports: [{port: 8080}]}]`}
`;
}

const NODE_PORT = '{type: NodePort, clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 30080}]}';
const CLIENT = '192.0.2.10:40000';

/** Where the packet went in the end: `accept cali0 192.0.2.10:40000 -> 203.0.113.10:8080`. */
function journey(on: Simulator, line: string): string {
  const result = run(on, line);
  const { source, sourcePort, destination, destinationPort } = result.final;
  const from = `${renderIpAddress(source)}:${sourcePort}`;
  return `${outcome(result)} ${from} -> ${renderIpAddress(destination)}:${destinationPort}`;
}

test('the cluster address leads to the endpoint, with the client as it was', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toBe(
    'accept cali0 192.0.2.10:40000 -> 203.0.113.10:8080',
  );
});

test('a port that the Service does not have is left alone', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:81 in=eth0`)).toBe(
    'accept eth1 192.0.2.10:40000 -> 10.96.0.1:81',
  );
  expect(journey(on, `udp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toBe(
    'accept eth1 192.0.2.10:40000 -> 10.96.0.1:80',
  );
});

test('with a known cluster CIDR what comes from outside it is masqueraded', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']), ['203.0.113.0/24']);
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toMatch(
    /^accept cali0 203\.0\.113\.1:40000 -> 203\.0\.113\.10:8080$/,
  );
});

test('the host itself reaches the cluster address', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  expect(journey(on, 'tcp 192.0.2.1:40000 -> 10.96.0.1:80 in=local')).toBe(
    'accept cali0 192.0.2.1:40000 -> 203.0.113.10:8080',
  );
});

test('a node port is open on every address of the host and masquerades', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  for (const address of ['192.0.2.1', '198.51.100.1']) {
    on.reset();
    expect(journey(on, `tcp ${CLIENT} -> ${address}:30080 in=eth0`)).toBe(
      'accept cali0 203.0.113.1:40000 -> 203.0.113.10:8080',
    );
  }
});

test('the answer of a node port comes from the address that was asked', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  run(on, `tcp ${CLIENT} -> 192.0.2.1:30080 in=eth0`);
  expect(journey(on, 'tcp 203.0.113.10:8080 -> 203.0.113.1:40000 in=cali0 flags=SA')).toBe(
    'accept eth0 192.0.2.1:30080 -> 192.0.2.10:40000',
  );
});

test('a pod that reaches itself through its Service is masqueraded', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  expect(journey(on, 'tcp 203.0.113.10:40000 -> 10.96.0.1:80 in=cali0')).toBe(
    'accept cali0 203.0.113.1:40000 -> 203.0.113.10:8080',
  );
});

test('external and load balancer addresses lead to the endpoint', () => {
  const spec =
    '{type: LoadBalancer, clusterIP: 10.96.0.1, externalIPs: [198.51.100.77], ports: [{port: 80}]}';
  const on = host(
    service(
      spec,
      ['203.0.113.10@here'],
      'status: {loadBalancer: {ingress: [{ip: 198.51.100.88}]}}',
    ),
  );
  for (const address of ['198.51.100.77', '198.51.100.88']) {
    on.reset();
    expect(journey(on, `tcp ${CLIENT} -> ${address}:80 in=eth0`)).toBe(
      'accept cali0 203.0.113.1:40000 -> 203.0.113.10:8080',
    );
  }
});

test('loadBalancerIP stands in for a status that is not there', () => {
  const spec =
    '{type: LoadBalancer, clusterIP: 10.96.0.1, loadBalancerIP: 198.51.100.88, ports: [{port: 80}]}';
  const on = host(service(spec, ['203.0.113.10@here']));
  expect(journey(on, `tcp ${CLIENT} -> 198.51.100.88:80 in=eth0`)).toMatch(
    /-> 203\.0\.113\.10:8080$/,
  );
});

test('source ranges let only their own sources through to the load balancer address', () => {
  const spec = `{type: LoadBalancer, clusterIP: 10.96.0.1, loadBalancerIP: 198.51.100.88,
    loadBalancerSourceRanges: [192.0.2.0/28], ports: [{port: 80}]}`;
  const on = host(service(spec, ['203.0.113.10@here']));
  expect(journey(on, `tcp ${CLIENT} -> 198.51.100.88:80 in=eth0`)).toMatch(/^accept cali0/);
  expect(outcome(run(on, 'tcp 192.0.2.30:40000 -> 198.51.100.88:80 in=eth0'))).toBe('drop');
});

test('external traffic policy Local keeps the client and stays on this node', () => {
  const spec = `{type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.1,
    ports: [{port: 80, nodePort: 30080}]}`;
  const on = host(service(spec, ['203.0.113.10@here', '198.51.100.20@there']));
  expect(journey(on, `tcp ${CLIENT} -> 192.0.2.1:30080 in=eth0`)).toBe(
    'accept cali0 192.0.2.10:40000 -> 203.0.113.10:8080',
  );
});

test('external traffic policy Local without an endpoint here drops what comes from outside', () => {
  const spec = `{type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.1,
    ports: [{port: 80, nodePort: 30080}]}`;
  const on = host(service(spec, ['198.51.100.20@there']));
  expect(outcome(run(on, `tcp ${CLIENT} -> 192.0.2.1:30080 in=eth0`))).toBe('drop');
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toMatch(/-> 198\.51\.100\.20:8080$/);
});

test('internal traffic policy Local without an endpoint here drops the cluster address', () => {
  const spec = '{internalTrafficPolicy: Local, clusterIP: 10.96.0.1, ports: [{port: 80}]}';
  const on = host(service(spec, ['198.51.100.20@there']));
  expect(outcome(run(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`))).toBe('drop');
});

test('a Service without endpoints is rejected at each of its places', () => {
  const spec = `{type: NodePort, clusterIP: 10.96.0.1, externalIPs: [198.51.100.77],
    ports: [{port: 80, nodePort: 30080}]}`;
  const on = host(service(spec, []));
  for (const to of ['10.96.0.1:80', '198.51.100.77:80', '192.0.2.1:30080']) {
    on.reset();
    const result = run(on, `tcp ${CLIENT} -> ${to} in=eth0`);
    expect(outcome(result), way(result)).toBe('reject');
  }
  on.reset();
  expect(outcome(run(on, 'tcp 192.0.2.1:40000 -> 10.96.0.1:80 in=local'))).toBe('reject');
});

test('several endpoints that all lie behind one interface agree, and the first is reported', () => {
  const on = host(service(NODE_PORT, ['203.0.113.11@here', '203.0.113.10@here']));
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toBe(
    'accept cali0 192.0.2.10:40000 -> 203.0.113.10:8080',
  );
});

test('several endpoints behind different interfaces are undetermined, and named', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here', '198.51.100.20@there']));
  const result = run(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`);
  expect(result.verdict).toBe('undetermined');
  expect(result.because?.join(' ')).toContain('203.0.113.10:8080');
  expect(result.because?.join(' ')).toContain('198.51.100.20:8080');
});

test('session affinity decides nothing where there is one endpoint, and is undetermined where it does', () => {
  const spec = '{sessionAffinity: ClientIP, clusterIP: 10.96.0.1, ports: [{port: 80}]}';
  const one = host(service(spec, ['203.0.113.10@here']));
  expect(outcome(run(one, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`))).toBe('accept cali0');
  const two = host(service(spec, ['203.0.113.10@here', '198.51.100.20@there']));
  expect(run(two, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`).verdict).toBe('undetermined');
});

test('IPv6 Services have rules of their own', () => {
  const spec = '{type: NodePort, clusterIP: "fd00:96::1", ports: [{port: 80, nodePort: 30080}]}';
  const on = host(service(spec, ['2001:db8:0:100::20@there']));
  expect(journey(on, 'tcp [2001:db8:0:2::10]:40000 -> [fd00:96::1]:80 in=eth0')).toBe(
    'accept eth1 2001:db8:0:2::10:40000 -> 2001:db8:0:100::20:8080',
  );
  expect(journey(on, 'tcp [2001:db8:0:2::10]:40000 -> [2001:db8:0:2::1]:30080 in=eth0')).toBe(
    'accept eth1 2001:db8:0:100::1:40000 -> 2001:db8:0:100::20:8080',
  );
});

test('named ports find their endpoints, and the same endpoint in a slice counts once', () => {
  const yaml = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: 10.96.0.1
  ports: [{name: http, port: 80, targetPort: web}, {name: dns, port: 53, protocol: UDP}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets: [{addresses: [{ip: 203.0.113.10}], ports: [{name: http, port: 8080}, {name: dns, port: 5353, protocol: UDP}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [203.0.113.10], conditions: {ready: true}}, {addresses: [203.0.113.99], conditions: {ready: false}}]
ports: [{name: http, port: 8080}, {name: dns, port: 5353, protocol: UDP}]
`;
  const on = host(yaml);
  expect(journey(on, `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toMatch(/-> 203\.0\.113\.10:8080$/);
  expect(journey(on, `udp ${CLIENT} -> 10.96.0.1:53 in=eth0`)).toMatch(/-> 203\.0\.113\.10:5353$/);
});

test('without Endpoints the pods that a Service selects stand behind it', () => {
  const yaml = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {nodeName: here, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 203.0.113.10}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: other, labels: {app: web}}
spec: {nodeName: here, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 203.0.113.11}
`;
  expect(journey(host(yaml), `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`)).toMatch(
    /^accept cali0 .* -> 203\.0\.113\.10:8080$/,
  );
});

test.each([
  ['Endpoints', 'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\n'],
  [
    'Endpoints of pods that are not ready',
    'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{notReadyAddresses: [{ip: 203.0.113.10}], ports: [{port: 8080}]}]\n',
  ],
  [
    'an EndpointSlice',
    'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: []\nports: []\n',
  ],
])('where %s without addresses are given, no pod stands behind the Service', (_, endpoints) => {
  const yaml = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {nodeName: here, containers: [{name: c}]}
status: {phase: Running, podIP: 203.0.113.10}
---
${endpoints}`;
  expect(outcome(run(host(yaml), `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`))).toBe('reject');
});

test('without Services there are no rules, and headless ones make none', () => {
  const { kubernetes } = readResources([
    { file: 's.yaml', text: service('{clusterIP: None, ports: [{port: 80}]}', ['203.0.113.10']) },
  ]);
  const none = { ...kubernetes, services: [] };
  const options = { node: 'here', family: 4, clusterCidrs: [] } as const;
  expect(compileServices(none, options).tables).toEqual([]);
  const on = simulator([compileServices(kubernetes, options)]);
  expect(outcome(run(on, `tcp ${CLIENT} -> 203.0.113.10:8080 in=eth0`))).toBe('accept cali0');
});

test('a Service of one family alone does not exist for the other', () => {
  const on = host(service(NODE_PORT, ['203.0.113.10@here']));
  const toNodePort = 'tcp [2001:db8:0:2::10]:40000 -> [2001:db8:0:2::1]:30080 in=eth0';
  expect(outcome(run(on, toNodePort))).toBe('accept local');
  const spec = '{type: NodePort, ipFamilies: [IPv6], ports: [{port: 80, nodePort: 30080}]}';
  const other = host(service(spec, []));
  expect(outcome(run(other, `tcp ${CLIENT} -> 192.0.2.1:30080 in=eth0`))).toBe('accept local');
  expect(outcome(run(other, toNodePort))).toBe('reject');
});

test('an endpoint that goes away is used where no other is ready', () => {
  const slice = (first: string): string => `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
  - {addresses: [203.0.113.10], conditions: ${first}}
  - {addresses: [203.0.113.11], conditions: {ready: false, serving: true, terminating: true}}
ports: [{port: 8080}]
`;
  const packet = `tcp ${CLIENT} -> 10.96.0.1:80 in=eth0`;
  expect(journey(host(slice('{ready: true}')), packet)).toMatch(/-> 203\.0\.113\.10:8080$/);
  const going = host(slice('{ready: false, serving: false, terminating: true}'));
  expect(journey(going, packet)).toMatch(/-> 203\.0\.113\.11:8080$/);
});
