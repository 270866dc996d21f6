import { describe, expect, test } from 'vitest';
import { problemsOf, read } from './problems-of.ts';

/** A document whose spec begins in column 7 of line 4. */
const v3 = (kind: string, spec: string, metadata = '{name: a}'): string =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}\n`;
const v1 = (kind: string, spec: string, metadata: string): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}\n`;
const named = (name: string): string => `{name: ${name}}`;

const HEP = '{node: n, interfaceName: eth0}';
const V1_HEP = '{interfaceName: eth0}';
const WEP = '{node: n, interfaceName: cali1, ipNetworks: [10.0.0.1/32], ';
const V1_ENDPOINT = '{name: eth0, node: n, orchestrator: k8s, workload: w}';

const ACCEPTED: readonly (readonly [string, string])[] = [
  [
    'a host endpoint by its addresses of both families',
    v3('HostEndpoint', '{node: n, expectedIPs: [192.0.2.1, "2001:db8::1"]}'),
  ],
  ['a host endpoint for every interface', v3('HostEndpoint', '{node: n, interfaceName: "*"}')],
  ['an interface with a dot', v3('HostEndpoint', '{node: n, interfaceName: eth0.100}')],
  [
    'a named port',
    v3(
      'HostEndpoint',
      '{node: n, interfaceName: eth0, ports: [{name: web, protocol: TCP, port: 80}]}',
    ),
  ],
  ['a name of several labels', v3('HostEndpoint', HEP, named('a-1.b'))],
  ['a label with a domain', v3('HostEndpoint', HEP, '{name: a, labels: {example.org/Role_1: ""}}')],
  [
    'an original name with upper case and slashes',
    v1('hostEndpoint', V1_HEP, '{name: A/b_c, node: N_1}'),
  ],
  [
    'an original workload endpoint',
    v1('workloadEndpoint', '{interfaceName: cali1, ipNetworks: [10.0.0.1/32]}', V1_ENDPOINT),
  ],
  [
    'an original profile',
    v1('profile', '{ingress: [{action: allow}]}', '{name: p, tags: [t-1], labels: {a: b}}'),
  ],
  [
    'an original pool',
    v1(
      'ipPool',
      '{ipip: {enabled: true, mode: cross-subnet}, nat-outgoing: true}',
      '{cidr: 10.0.0.0/16}',
    ),
  ],
  [
    'floating addresses',
    v3('WorkloadEndpoint', `${WEP}ipNATs: [{internalIP: 10.0.0.1, externalIP: 192.0.2.1}]}`),
  ],
  ['a set of blocks and addresses', v3('GlobalNetworkSet', '{nets: [10.0.0.0/8, "fd00::1"]}')],
  [
    'what kubectl shows',
    v3(
      'HostEndpoint',
      HEP,
      '{name: a, uid: u, resourceVersion: "1", creationTimestamp: null, generation: 1, annotations: {x: "y"}, managedFields: [], ownerReferences: [], finalizers: [], selfLink: s, generateName: g}',
    ),
  ],
];

test.each(ACCEPTED)('%s is accepted', (_says, text) => {
  expect(problemsOf(text)).toEqual([]);
});

/** Each with the text that its problem points at. */
const REFUSED: readonly (readonly [string, string, string, string])[] = [
  ['neither interface nor address', v3('HostEndpoint', '{node: n}'), '{node', 'missing-field'],
  ['no node', v3('HostEndpoint', '{interfaceName: eth0}'), '{interfaceName', 'missing-field'],
  [
    'an interface of 16 characters',
    v3('HostEndpoint', '{node: n, interfaceName: eth0123456789abc}'),
    'eth0123',
    'invalid-name',
  ],
  [
    'an interface with a slash',
    v3('HostEndpoint', '{node: n, interfaceName: eth/0}'),
    'eth/0',
    'invalid-name',
  ],
  [
    'an address with a length',
    v3('HostEndpoint', '{node: n, expectedIPs: [192.0.2.1/24]}'),
    '192.0.2.1/24',
    'invalid-value',
  ],
  [
    'a named port 0',
    v3('HostEndpoint', '{node: n, interfaceName: e, ports: [{name: web, protocol: TCP, port: 0}]}'),
    '0}]',
    'invalid-value',
  ],
  [
    'a named port of ICMP',
    v3(
      'HostEndpoint',
      '{node: n, interfaceName: e, ports: [{name: web, protocol: ICMP, port: 1}]}',
    ),
    'ICMP',
    'invalid-combination',
  ],
  ['upper case in a name', v3('HostEndpoint', HEP, named('Eth0')), 'Eth0', 'invalid-name'],
  ['a name that ends in a dash', v3('HostEndpoint', HEP, named('a-')), 'a-}', 'invalid-name'],
  [
    'a name of 254 characters',
    v3('HostEndpoint', HEP, named('a'.repeat(254))),
    'aaaa',
    'invalid-name',
  ],
  [
    'a namespace on what has none',
    v3('HostEndpoint', HEP, '{name: a, namespace: b}'),
    'namespace',
    'unknown-field',
  ],
  [
    'a label name with a blank',
    v3('HostEndpoint', HEP, '{name: a, labels: {x y: b}}'),
    'x y',
    'invalid-label',
  ],
  [
    'a label value of 64 characters',
    v3('HostEndpoint', HEP, `{name: a, labels: {x: ${'b'.repeat(64)}}}`),
    'bbbb',
    'invalid-label',
  ],
  [
    'a label value that ends in a dot',
    v3('HostEndpoint', HEP, '{name: a, labels: {x: b.}}'),
    'b.',
    'invalid-label',
  ],
  [
    'a label value that is a number',
    v3('HostEndpoint', HEP, '{name: a, labels: {x: 5}}'),
    '5}',
    'wrong-type',
  ],
  [
    'an original endpoint for every interface',
    v1('hostEndpoint', '{interfaceName: "*"}', '{name: a, node: n}'),
    '"*"',
    'invalid-name',
  ],
  [
    'an original interface with a dot',
    v1('hostEndpoint', '{interfaceName: eth0.1}', '{name: a, node: n}'),
    'eth0.1',
    'invalid-name',
  ],
  [
    'an original endpoint with its node in the spec',
    v1('hostEndpoint', '{interfaceName: e, node: m}', '{name: a, node: n}'),
    'node: m}',
    'unknown-field',
  ],
  ['an original name with a blank', v1('policy', '{}', named('a b')), 'a b', 'invalid-name'],
  [
    'a dot in a policy name of 3.9',
    v3('NetworkPolicy', '{}', named('a..b')),
    'a..b',
    'invalid-name',
  ],
  [
    'untracked policy of a namespace',
    v3('NetworkPolicy', '{doNotTrack: true}'),
    'doNotTrack',
    'unknown-field',
  ],
  [
    'more than an address in ipNetworks',
    v3('WorkloadEndpoint', '{node: n, interfaceName: c, ipNetworks: [10.0.0.0/24]}'),
    '10.0.0.0/24',
    'invalid-value',
  ],
  [
    'a floating address for another',
    v3('WorkloadEndpoint', `${WEP}ipNATs: [{internalIP: 10.0.0.2, externalIP: 192.0.2.1}]}`),
    '10.0.0.2',
    'invalid-combination',
  ],
  [
    'a floating address of another family',
    v3('WorkloadEndpoint', `${WEP}ipNATs: [{internalIP: 10.0.0.1, externalIP: "fd00::1"}]}`),
    '"fd00',
    'invalid-combination',
  ],
  [
    'a set that claims a namespace',
    v3('GlobalNetworkSet', '{}', '{name: a, labels: {projectcalico.org/namespace: b}}'),
    'projectcalico.org/namespace',
    'invalid-label',
  ],
  ['a pool with host bits', v3('IPPool', '{cidr: 10.0.0.1/16}'), '10.0.0.1', 'invalid-value'],
  [
    'a pool with two tunnels',
    v3('IPPool', '{cidr: 10.0.0.0/16, ipipMode: Always, vxlanMode: Always}'),
    'vxlanMode',
    'invalid-combination',
  ],
  [
    'a parameter that Felix has not',
    v3('FelixConfiguration', '{failsafeInboundHostPort: []}', named('default')),
    'failsafeInboundHostPort',
    'unknown-field',
  ],
  [
    'an insert mode that Felix has not',
    v3('FelixConfiguration', '{chainInsertMode: prepend}', named('default')),
    'prepend',
    'invalid-value',
  ],
  [
    'a duration without a unit',
    v3('FelixConfiguration', '{routeRefreshInterval: "90"}', named('default')),
    '"90"',
    'invalid-value',
  ],
];

test.each(REFUSED)('%s is refused', (_says, text, place, code) => {
  const before = text.slice(0, text.indexOf(place)).split('\n');
  const line = before.length;
  const column = (before.at(-1) ?? '').length + 1;
  expect(problemsOf(text)).toEqual([`${line}:${column} ${code}`]);
});

describe('FelixConfiguration', () => {
  const settings = (spec: string) => {
    const set = read(v3('FelixConfiguration', spec, named('default')));
    const [configuration] = set.felixConfigurations;
    const values = [...(configuration?.settings ?? [])].map(([key, { value }]) => [key, value]);
    return { values: Object.fromEntries(values) };
  };

  test('parameters become what they are in the environment', () => {
    const spec =
      '{ipipEnabled: true, logPrefix: x, iptablesMarkMask: 0xff0000, routeRefreshInterval: 90s, externalNodesList: [10.0.0.0/8, 10.1.0.0/16]}';
    expect(settings(spec).values).toEqual({
      ipinipenabled: 'true',
      logprefix: 'x',
      iptablesmarkmask: '16711680',
      routerefreshinterval: '90s',
      externalnodescidrlist: '10.0.0.0/8,10.1.0.0/16',
    });
  });

  test('failsafe ports', () => {
    const spec =
      '{failsafeInboundHostPorts: [{protocol: tcp, port: 22}, {port: 80, net: 10.0.0.0/8}, {protocol: UDP, port: 68, net: "fd00::/8"}], failsafeOutboundHostPorts: []}';
    expect(settings(spec).values).toEqual({
      failsafeinboundhostports: 'tcp:22,tcp:10.0.0.0/8:80,udp:[fd00::/8]:68',
      failsafeoutboundhostports: 'none',
    });
  });
});
