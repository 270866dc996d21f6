import { describe, expect, test } from 'vitest';
import { messageOf, problemsOf, read } from './problems-of.ts';

/** The list form that the founding documents pipe into calicoctl, placeholders replaced. */
const ORIGINAL_API = `- apiVersion: v1
  kind: node
  metadata:
    name: node1
- apiVersion: v1
  kind: policy
  metadata:
    name: failsafe
  spec:
    selector: "all()"
    order: 0
    ingress:
    - action: allow
      protocol: tcp
      source:
        nets:
        - "198.51.100.0/24"
      destination:
        ports: [22]
    - action: allow
      protocol: icmp
    egress:
    - action: allow
      protocol: tcp
      destination:
        nets:
        - "192.0.2.5/32"
        ports: [2379]
    - action: allow
      protocol: udp
      destination:
        ports: [67]
- apiVersion: v1
  kind: policy
  metadata:
    name: allow-nodeport
  spec:
    preDNAT: true
    order: 10
    ingress:
      - action: allow
        protocol: tcp
        destination:
          ports: [31852]
    selector: has(host-endpoint)
- apiVersion: v1
  kind: hostEndpoint
  metadata:
    name: node1-eth0
    node: node1
    labels:
      role: webserver
      environment: production
      host-endpoint: ingress
  spec:
    interfaceName: eth0
    profiles: [web, common]
    expectedIPs: ["10.0.0.1"]
`;

const CURRENT_API = `- apiVersion: projectcalico.org/v3
  kind: GlobalNetworkPolicy
  metadata:
    name: empty-default-deny
  spec:
    types:
      - Ingress
      - Egress
    selector: has(host-endpoint)
    applyOnForward: true
- apiVersion: projectcalico.org/v3
  kind: GlobalNetworkPolicy
  metadata:
    name: allow-cluster-internal-ingress
  spec:
    order: 10
    preDNAT: true
    applyOnForward: true
    ingress:
      - action: Allow
        source:
          nets: [10.240.0.0/16, 192.168.0.0/16]
    selector: has(host-endpoint)
- apiVersion: projectcalico.org/v3
  kind: HostEndpoint
  metadata:
    name: node1-eth0
    labels:
      host-endpoint: ingress
  spec:
    interfaceName: eth0
    node: node1
`;

test('the documents of the original API', () => {
  const set = read(ORIGINAL_API);
  expect(set.version).toBe('2.6');
  expect(set.policies.map((policy) => policy.order)).toEqual([0, 10]);
  expect(set.policies[0]?.ingress[0]).toMatchObject({
    action: 'allow',
    protocol: 6,
    source: { nets: [{ prefixLength: 24 }] },
    destination: { ports: [{ kind: 'numeric', range: { first: 22, last: 22 } }] },
  });
  expect(set.hostEndpoints[0]).toMatchObject({
    node: 'node1',
    interfaceName: 'eth0',
    profiles: ['web', 'common'],
  });
});

test('the documents of the current API', () => {
  const set = read(CURRENT_API);
  expect(set.version).toBe('3.9');
  expect(set.policies.map(({ types, preDNAT }) => [types, preDNAT])).toEqual([
    [['ingress', 'egress'], false],
    [undefined, true],
  ]);
});

describe('placeholders that nobody replaced', () => {
  test.each([
    ['"198.51.100.0/24"', '"<your management CIDR>"'],
    ['name: node1-eth0', 'name: <name of endpoint>'],
    ['[2379]', '[<your etcd ports>]'],
    ['host-endpoint: ingress', 'host-endpoint: <special-value>'],
  ])('%s', (value, placeholder) => {
    expect(messageOf(ORIGINAL_API.replace(value, placeholder))).toContain('angle brackets');
  });
});

test.each(['2.6', '3.9', '3.32'] as const)(
  'rules with ports but no protocol, Calico %s',
  (version) => {
    const [apiVersion, kind, allow] =
      version === '2.6'
        ? ['v1', 'policy', 'allow']
        : ['projectcalico.org/v3', 'GlobalNetworkPolicy', 'Allow'];
    const text = `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: allow-nodeport
spec:
  selector: has(host-endpoint)
  ingress:
  - action: ${allow}
    destination:
      ports: [31852]
`;
    expect(problemsOf(text, { version })).toEqual(['10:7 invalid-combination']);
    expect(messageOf(text, { version })).toMatch(/hint: Add `protocol: (tcp|TCP)`/);
  },
);
