import { expect, test } from 'vitest';
import { renderCidr } from '../../src/address/cidr.ts';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import type {
  EndpointTier,
  HostEndpointPolicy,
  NodePolicy,
  ResolvedEntity,
} from '../../src/policy/node-policy.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import {
  address,
  BUILT,
  calicoNode,
  type EntityFields,
  hostEndpoint,
  ipPool,
  networkSet,
  type PolicyFields,
  policy,
  profile,
  resources,
  rule,
  tier,
  workload,
} from '../support/documents.ts';
import { resolvedNode } from '../support/resolved.ts';

const HEP = hostEndpoint('hep', { interfaceName: 'eth0', labels: { role: 'web' } });

function hep(node: NodePolicy): HostEndpointPolicy {
  const found = node.hostEndpoints[0];
  if (found === undefined) throw new Error('no host endpoint is in force');
  return found;
}

/** `tier: ingress names / egress names`, a line a tier. */
function names(tiers: readonly EndpointTier[]): readonly string[] {
  const list = (policies: EndpointTier['ingress']) => policies.map(({ name }) => name).join(' ');
  return tiers.map((t) => `${t.tier}: ${list(t.ingress)} / ${list(t.egress)}`);
}

function listsOf(version: '2.6' | '3.9' | '3.32', fields: PolicyFields) {
  const { untracked, preDnat, normal, forward } = hep(
    resolvedNode(version, { hostEndpoints: [HEP], policies: [policy('p', fields)] }),
  );
  return {
    untracked: names(untracked),
    preDnat: names(preDnat),
    normal: names(normal),
    forward: names(forward),
  };
}

const NONE = { untracked: [], preDnat: [], normal: [], forward: [] };
const IN = [rule('allow')];
const OUT = [rule('allow')];

test.each([
  ['no rules', {}, 'default: p / '],
  ['ingress rules', { ingress: IN }, 'default: p / '],
  ['egress rules', { egress: OUT }, 'default:  / p'],
  ['both', { ingress: IN, egress: OUT }, 'default: p / p'],
  ['types as written', { types: ['egress'] as const, ingress: IN }, 'default:  / p'],
  ['an empty list of types', { types: [], egress: OUT }, 'default:  / p'],
])('1.4: types of a policy with %s', (_, fields, expected) => {
  for (const version of ['2.6', '3.9', '3.32'] as const) {
    expect(listsOf(version, fields).normal).toEqual([expected]);
  }
});

test('3: a policy is untracked, else preDNAT, else normal, and forward only beside normal', () => {
  const both = { ingress: IN, egress: OUT, applyOnForward: true };
  expect(listsOf('3.32', { ...both, doNotTrack: true })).toEqual({
    ...NONE,
    untracked: ['default: p / p'],
  });
  expect(listsOf('3.32', { ingress: IN, preDNAT: true, applyOnForward: true })).toEqual({
    ...NONE,
    preDnat: ['default: p / '],
  });
  expect(listsOf('3.9', both)).toEqual({
    ...NONE,
    normal: ['default: p / p'],
    forward: ['default: p / p'],
  });
  expect(listsOf('3.9', { ...both, applyOnForward: false }).forward).toEqual([]);
});

test('5.8: in 2.6 there is no forward list, whatever the policy says', () => {
  expect(listsOf('2.6', { ingress: IN, applyOnForward: true })).toEqual({
    ...NONE,
    normal: ['default: p / '],
  });
});

test('3: untracked and preDNAT tiers pass what they do not decide; the others do as the tier says', () => {
  const node = resolvedNode('3.32', {
    hostEndpoints: [HEP],
    policies: [
      policy('u', { doNotTrack: true, applyOnForward: true }),
      policy('d', { preDNAT: true, applyOnForward: true }),
      policy('n', { applyOnForward: true }),
    ],
  });
  const { untracked, preDnat, normal, forward } = hep(node);
  const defaults = [untracked, preDnat, normal, forward].map((list) => list[0]?.defaultAction);
  expect(defaults).toEqual(['pass', 'pass', 'deny', 'deny']);
});

test.each(['2.6', '3.9', '3.32'] as const)(
  '3: in %s policies go by order, then by name; without order last',
  (version) => {
    const node = resolvedNode(version, {
      hostEndpoints: [HEP],
      policies: [
        policy('z'),
        policy('ten', { order: 10 }),
        policy('neg', { order: -1 }),
        policy('Z'),
        policy('frac', { order: 0.5 }),
        policy('b', { order: -2 }),
        policy('a', { order: -2 }),
        policy('c', { order: -1.5 }),
      ],
    });
    expect(names(hep(node).normal)).toEqual(['default: a b c neg frac ten Z z / ']);
  },
);

test.each([
  // 3.9 compares `ns/p` with `o`; 3.32 compares `p/ns/NetworkPolicy` with `o//GlobalNetworkPolicy`.
  ['3.9', 'a ns/p o'],
  ['3.32', 'a o ns/p'],
] as const)('3: ties of order in %s, where one policy has a namespace', (version, expected) => {
  const node = resolvedNode(version, {
    workloadEndpoints: [workload('w', { namespace: 'ns' })],
    policies: [policy('p', { kind: 'NetworkPolicy', namespace: 'ns' }), policy('o'), policy('a')],
  });
  expect(names(node.workloadEndpoints[0]?.tiers ?? [])).toEqual([`default: ${expected} / `]);
});

test('3: tiers go by order; kube-admin, default and kube-baseline need no document', () => {
  const node = resolvedNode('3.32', {
    hostEndpoints: [HEP],
    tiers: [tier('last', undefined), tier('early', 10), tier('late', 1_000_001, 'pass')],
    policies: ['last', 'late', 'default', 'kube-admin', 'early', 'kube-baseline'].map((name) =>
      policy(`p-${name}`, { tier: name }),
    ),
  });
  expect(hep(node).normal.map((t) => `${t.tier} ${t.defaultAction}`)).toEqual([
    'early deny',
    'kube-admin pass',
    'default deny',
    'late pass',
    'kube-baseline pass',
    'last deny',
  ]);
});

test('a policy in a tier that no document has, which reading refuses, is never left out silently', () => {
  const documents = { hostEndpoints: [HEP], policies: [policy('p', { tier: 'security' })] };
  expect(() => resolvedNode('3.32', documents)).toThrow('unknown tier security');
});

test.each([
  ['by its name', [hostEndpoint('a', { interfaceName: 'eth0' })], ['a eth0'], []],
  [
    'by an expected address, on every interface that has one',
    [hostEndpoint('a', { expectedIPs: ['2001:db8::10', '198.51.100.1'] })],
    ['a eth0 eth1'],
    [],
  ],
  [
    'by its name alone, once it has one',
    [hostEndpoint('a', { interfaceName: 'eth9', expectedIPs: ['192.0.2.10'] })],
    [],
    ['a: the host has no interface `eth9`'],
  ],
  [
    'by the smaller name, however it matched',
    [
      hostEndpoint('b', { interfaceName: 'eth0' }),
      hostEndpoint('a', { expectedIPs: ['192.0.2.10'] }),
    ],
    ['a eth0'],
    ['b: host endpoint `a` also matches interface `eth0` and comes first by name'],
  ],
  [
    'on the interfaces that are left, when a smaller name has one of two',
    [
      hostEndpoint('b', { expectedIPs: ['192.0.2.10', '198.51.100.1'] }),
      hostEndpoint('a', { interfaceName: 'eth0' }),
    ],
    ['a eth0', 'b eth1'],
    [],
  ],
  [
    'never on an interface of a workload',
    [hostEndpoint('a', { interfaceName: 'cali1' })],
    [],
    ["a: interface `cali1` is a workload's, by its name"],
  ],
  [
    'never where the host has none of its addresses',
    [hostEndpoint('a', { expectedIPs: ['203.0.113.1'] })],
    [],
    ['a: no interface of the host has any of its expectedIPs'],
  ],
  ['on lo like anywhere', [hostEndpoint('a', { interfaceName: 'lo' })], ['a lo'], []],
  ['on no other node', [hostEndpoint('a', { interfaceName: 'eth0', node: 'node2' })], [], []],
])('7: a host endpoint is in force %s', (_, hostEndpoints, active, inactive) => {
  const node = resolvedNode('3.32', { hostEndpoints });
  expect(node.hostEndpoints.map((e) => [e.name, ...e.interfaces].join(' '))).toEqual(active);
  expect(node.inactiveEndpoints.map((e) => `${e.endpoint.metadata.name}: ${e.reason}`)).toEqual(
    inactive,
  );
});

test('7: of several `*` endpoints the smallest name wins, beside those with interfaces', () => {
  const node = resolvedNode('3.32', {
    hostEndpoints: [
      hostEndpoint('z', { interfaceName: '*' }),
      hostEndpoint('y', { interfaceName: '*' }),
      hostEndpoint('eth', { interfaceName: 'eth0' }),
    ],
  });
  expect(node.hostEndpoints.map(({ name, wildcard }) => `${name} ${wildcard}`)).toEqual([
    'eth false',
    'y true',
  ]);
  expect(node.inactiveEndpoints.map(({ reason }) => reason)).toEqual([
    'host endpoint `y` is also for `*` and comes first by name',
  ]);
});

test.each([
  ['3.9', [0, 1, 0, 0]],
  ['3.32', [0, 1, 1, 1]],
] as const)('7: what policy a `*` endpoint takes in %s', (version, counts) => {
  const node = resolvedNode(version, {
    hostEndpoints: [hostEndpoint('any', { interfaceName: '*' })],
    policies: [
      policy('u', { doNotTrack: true, applyOnForward: true }),
      policy('d', { preDNAT: true, applyOnForward: true }),
      policy('n', { applyOnForward: true }),
    ],
  });
  const { untracked, preDnat, normal, forward } = hep(node);
  expect([untracked, preDnat, normal, forward].map((list) => list.length)).toEqual(counts);
});

test('7: 2.6 knows no `*`', () => {
  const node = resolvedNode('2.6', {
    hostEndpoints: [hostEndpoint('any', { interfaceName: '*' })],
  });
  expect(node.hostEndpoints).toEqual([]);
  expect(node.inactiveEndpoints).toHaveLength(1);
});

test('3: profiles keep their order; one that does not exist has no rules', () => {
  const node = resolvedNode('3.32', {
    hostEndpoints: [
      hostEndpoint('hep', { interfaceName: 'eth0', profiles: ['b', 'missing', 'a'] }),
    ],
    profiles: [profile('a', { ingress: IN }), profile('b', { egress: OUT })],
  });
  expect(hep(node).profiles.map((p) => `${p.name} ${p.ingress.length} ${p.egress.length}`)).toEqual(
    ['b 0 1', 'a 1 0'],
  );
});

test('2: labels are inherited; the own one wins, then the first profile that has it', () => {
  const selects = (selector: string) =>
    hep(
      resolvedNode('3.32', {
        hostEndpoints: [
          hostEndpoint('hep', {
            interfaceName: 'eth0',
            labels: { own: 'hep' },
            profiles: ['one', 'two'],
          }),
        ],
        profiles: [
          profile('two', { labels: { own: 'two', both: 'two', second: '2' } }),
          profile('one', { labels: { own: 'one', both: 'one' } }),
        ],
        policies: [policy('p', { selector })],
      }),
    ).normal.length > 0;
  expect(selects("own == 'hep' && both == 'one' && second == '2'")).toBe(true);
  expect(selects("own == 'one' || both == 'two'")).toBe(false);
});

// --- sets (section 4)

const CLUSTER: Partial<ResourceSet> = {
  hostEndpoints: [
    HEP,
    hostEndpoint('remote', {
      node: 'node2',
      interfaceName: 'eth0',
      expectedIPs: ['198.51.100.7', '2001:db8::7'],
      labels: { role: 'db' },
      ports: [{ name: 'metrics', protocol: 6, port: 9100 }],
    }),
  ],
  workloadEndpoints: [
    workload('w1', {
      node: 'node2',
      namespace: 'shop',
      labels: { role: 'db' },
      ipNetworks: ['10.65.0.2/32', 'fd00::2/128'],
      profiles: ['kns.shop', 'ksa.shop.cart'],
      ports: [
        { name: 'metrics', protocol: 6, port: 9200 },
        { name: 'metrics', protocol: 17, port: 9200 },
      ],
    }),
    workload('w2', {
      namespace: 'other',
      labels: { role: 'db', 'projectcalico.org/serviceaccount': 'runner' },
      ipNetworks: ['10.65.0.3/32'],
      profiles: ['kns.other'],
    }),
  ],
  networkSets: [
    networkSet('office', { nets: ['203.0.113.0/24'], labels: { role: 'db' } }),
    networkSet('everyone', { nets: ['0.0.0.0/0', '::/0'], labels: { all: '' } }),
    networkSet('shops', { nets: ['192.0.2.64/26'], labels: { kind: 'net' }, namespace: 'shop' }),
  ],
  profiles: [
    profile('kns.shop', { labels: { 'pcns.team': 'red', 'pcns.projectcalico.org/name': 'shop' } }),
    profile('kns.other', { labels: { 'pcns.team': 'blue' } }),
    profile('ksa.shop.cart', { labels: { 'pcsa.app': 'cart' } }),
  ],
};

function entity(fields: EntityFields, policyFields: PolicyFields = {}): ResolvedEntity {
  const namespaced = policyFields.namespace !== undefined;
  const node = resolvedNode('3.32', {
    ...CLUSTER,
    ...(namespaced
      ? { workloadEndpoints: [...(CLUSTER.workloadEndpoints ?? []), workload('l', policyFields)] }
      : {}),
    policies: [
      policy('p', {
        ...policyFields,
        ingress: [rule('allow', { protocol: 'tcp', source: fields })],
      }),
    ],
  });
  const tiers = namespaced
    ? node.workloadEndpoints.find(({ name }) => name === 'l')?.tiers
    : hep(node).normal;
  const resolved = tiers?.[0]?.ingress[0]?.ingress[0]?.source;
  if (resolved === undefined) throw new Error('the policy selects nothing');
  return resolved;
}

function members(fields: EntityFields, policyFields: PolicyFields = {}): readonly string[] {
  const { sets } = entity(fields, policyFields);
  expect(sets).toHaveLength(1);
  return (sets[0]?.members ?? []).map(renderCidr);
}

test('4: a selector picks workloads, host endpoints by expectedIPs alone, and network sets, in both families', () => {
  expect(members({ selector: "role == 'db'" })).toEqual([
    '10.65.0.2/32',
    '10.65.0.3/32',
    '198.51.100.7/32',
    '203.0.113.0/24',
    '2001:db8::7/128',
    'fd00::2/128',
  ]);
});

test('trap 7: a host endpoint without expectedIPs is not in any set', () => {
  expect(members({ selector: "role == 'web'" })).toEqual([]);
});

test('4: a net of all addresses is two halves', () => {
  expect(members({ selector: 'has(all)' })).toEqual([
    '0.0.0.0/1',
    '128.0.0.0/1',
    '::/1',
    '8000::/1',
  ]);
});

test.each<[string, EntityFields, readonly string[]]>([
  [
    'namespaceSelector by label',
    { namespaceSelector: "team == 'red'" },
    ['10.65.0.2/32', '192.0.2.64/26', 'fd00::2/128'],
  ],
  [
    'namespaceSelector all(): whatever is in a namespace',
    { namespaceSelector: 'all()' },
    ['10.65.0.2/32', '10.65.0.3/32', '192.0.2.64/26', 'fd00::2/128'],
  ],
  [
    'namespaceSelector global(): whatever is in none',
    { namespaceSelector: 'global()', selector: "role == 'db'" },
    ['198.51.100.7/32', '203.0.113.0/24', '2001:db8::7/128'],
  ],
  [
    'namespaceSelector together with selector',
    { namespaceSelector: 'all()', selector: "role == 'db'" },
    ['10.65.0.2/32', '10.65.0.3/32', 'fd00::2/128'],
  ],
  ['service account by name', { serviceAccounts: { names: ['runner'] } }, ['10.65.0.3/32']],
  [
    'service account by label',
    { serviceAccounts: { selector: "app == 'cart'" } },
    ['10.65.0.2/32', 'fd00::2/128'],
  ],
  [
    'service account by name and label, which nobody has both',
    { serviceAccounts: { names: ['runner'], selector: "app == 'cart'" } },
    [],
  ],
])('2: %s', (_, fields, expected) => {
  expect(members(fields)).toEqual(expected);
});

test('2: a rule of a namespaced policy is bound to the namespace when it speaks of endpoints, else not', () => {
  const inShop = { kind: 'NetworkPolicy', namespace: 'shop' } as const;
  expect(members({ selector: "role == 'db'" }, inShop)).toEqual(['10.65.0.2/32', 'fd00::2/128']);
  expect(members({ selector: "role == 'db'", namespaceSelector: 'all()' }, inShop)).toEqual([
    '10.65.0.2/32',
    '10.65.0.3/32',
    'fd00::2/128',
  ]);
  const negated = entity({ notSelector: "role == 'db'" }, inShop);
  expect(negated.sets.map(({ id }) => id)).toEqual(['projectcalico.org/namespace == "shop"']);
  expect(negated.notSets.map(({ id }) => id)).toEqual(['role == "db"']);
  expect(entity({ nets: ['10.0.0.0/8'] }, inShop).sets).toEqual([]);
});

test('2: a namespaced policy and one with a namespaceSelector never select a host endpoint', () => {
  const node = resolvedNode('3.32', {
    ...CLUSTER,
    policies: [
      policy('a', { kind: 'NetworkPolicy', namespace: 'shop' }),
      policy('b', { namespaceSelector: 'all()' }),
      policy('c', { namespaceSelector: "team == 'blue'", selector: 'all()' }),
      policy('d', { serviceAccountSelector: "app == 'cart'" }),
    ],
  });
  expect(hep(node).normal).toEqual([]);
  expect(names(node.workloadEndpoints[0]?.tiers ?? [])).toEqual(['default: b c / ']);
});

test('4: a named port is that of the endpoints of the same side, for the rule’s protocol', () => {
  const ports = (fields: EntityFields) =>
    entity(fields).portSets.map(({ members: all }) =>
      all.map((m) => `${renderIpAddress(m.address)} ${m.protocol} ${m.port}`),
    );
  expect(ports({ ports: ['metrics', 80], selector: "role == 'db'" })).toEqual([
    ['10.65.0.2 6 9200', '198.51.100.7 6 9100', '2001:db8::7 6 9100', 'fd00::2 6 9200'],
  ]);
  expect(ports({ ports: ['metrics'], namespaceSelector: 'all()' })).toEqual([
    ['10.65.0.2 6 9200', 'fd00::2 6 9200'],
  ]);
  expect(ports({ ports: ['none'] })).toEqual([[]]);
  expect(entity({ ports: ['metrics', 80, '90:99'] }).ports).toEqual([
    { first: 80, last: 80 },
    { first: 90, last: 99 },
  ]);
});

test('4: v1 tags pick by profile; together with a selector both must hold of one endpoint', () => {
  const node = resolvedNode('2.6', {
    hostEndpoints: [
      HEP,
      hostEndpoint('b', { node: 'x', expectedIPs: ['10.0.0.1'], profiles: ['tagged'] }),
      hostEndpoint('c', {
        node: 'x',
        expectedIPs: ['10.0.0.2'],
        profiles: ['tagged'],
        labels: { role: 'db' },
      }),
      hostEndpoint('d', { node: 'x', expectedIPs: ['10.0.0.3'], labels: { role: 'db', t: '' } }),
    ],
    profiles: [profile('tagged', { tags: ['t'] })],
    policies: [
      policy('p', {
        kind: 'policy',
        ingress: [
          rule('allow', { source: { tag: 't' } }),
          rule('allow', { source: { tag: 't', selector: "role == 'db'" } }),
          rule('allow', { source: { notTag: 't', notSelector: "role == 'db'" } }),
        ],
      }),
    ],
  });
  const sources = hep(node).normal[0]?.ingress[0]?.ingress.map(({ source }) => source) ?? [];
  const texts = (sets: ResolvedEntity['sets']) =>
    sets.map(({ members: nets }) => nets.map(renderCidr));
  expect(sources.map(({ sets }) => texts(sets))).toEqual([
    [['10.0.0.1/32', '10.0.0.2/32']],
    [['10.0.0.2/32']],
    [],
  ]);
  expect(texts(sources[2]?.notSets ?? [])).toEqual([
    ['10.0.0.2/32', '10.0.0.3/32'],
    ['10.0.0.1/32', '10.0.0.2/32'],
  ]);
});

test('equal selectors are one set, and equal input gives equal output whatever its order', () => {
  const policies = [
    policy('a', { ingress: [rule('allow', { source: { selector: "role=='db'" } })] }),
    policy('b', { ingress: [rule('allow', { source: { selector: 'role == "db"' } })] }),
  ];
  const sets = (documents: Partial<ResourceSet>) =>
    hep(resolvedNode('3.32', documents)).normal.flatMap(({ ingress }) =>
      ingress.flatMap((p) => p.ingress.map(({ source }) => source.sets[0])),
    );
  const [first, second] = sets({ ...CLUSTER, policies });
  expect(first).toBe(second);
  expect(resolvedNode('3.32', { ...CLUSTER, policies: [...policies].reverse() })).toEqual(
    resolvedNode('3.32', { ...CLUSTER, policies }),
  );
});

test('4: a positive ICMP protocol implies the family, a negative one does not', () => {
  const families = hep(
    resolvedNode('3.9', {
      hostEndpoints: [HEP],
      policies: [
        policy('p', {
          ingress: [
            rule('allow', { protocol: 'icmp' }),
            rule('allow', { protocol: 'icmpv6' }),
            rule('allow', { notProtocol: 'icmp' }),
            rule('allow', { protocol: 'tcp', ipVersion: 6 }),
          ],
        }),
      ],
    }),
  ).normal[0]?.ingress[0]?.ingress.map(({ ipVersion }) => ipVersion);
  expect(families).toEqual([4, 6, undefined, 6]);
});

test('4: an ICMP match outside an ICMP rule is not modelled, where a local endpoint would meet it', () => {
  const notModelled = (selector: string) =>
    resolvedNode('3.9', {
      hostEndpoints: [HEP],
      policies: [policy('p', { selector, ingress: [rule('deny', { notICMP: { type: 8 } })] })],
    }).notModelled.map(({ what }) => what);
  expect(notModelled("role == 'web'")).toEqual(['notICMP in a rule whose protocol is not ICMP']);
  expect(notModelled("role == 'db'")).toEqual([]);
});

test('4: a service is address, protocol and port in the destination, addresses in the source', () => {
  const endpoint = (text: string, port: number) => ({
    service: 'shop',
    namespace: 'web',
    portName: undefined,
    protocol: 6,
    address: address(text),
    port,
    node: undefined,
    terminating: false,
    location: BUILT,
  });
  const services = { name: 'shop', namespace: 'web' };
  const documents = resources({
    hostEndpoints: [HEP],
    policies: [
      policy('p', {
        ingress: [rule('allow', { source: { services } })],
        egress: [rule('allow', { destination: { services } })],
      }),
    ],
  });
  const node = resolvedNode('3.32', {
    ...documents,
    kubernetes: {
      ...documents.kubernetes,
      endpoints: [
        endpoint('10.65.0.9', 8443),
        endpoint('10.65.0.9', 8080),
        endpoint('10.65.0.4', 8080),
        { ...endpoint('10.65.0.5', 8080), namespace: 'other' },
      ],
    },
  });
  const resolved = hep(node).normal[0];
  const source = resolved?.ingress[0]?.ingress[0]?.source;
  const destination = resolved?.egress[0]?.egress[0]?.destination;
  expect(source?.sets.map(({ members: nets }) => nets.map(renderCidr))).toEqual([
    ['10.65.0.4/32', '10.65.0.9/32'],
  ]);
  expect(source?.portSets).toEqual([]);
  expect(
    destination?.portSets.map(({ members: all }) =>
      all.map((m) => `${renderIpAddress(m.address)} ${m.protocol} ${m.port}`),
    ),
  ).toEqual([['10.65.0.4 6 8080', '10.65.0.9 6 8080', '10.65.0.9 6 8443']]);
  expect(destination?.sets).toEqual([]);
});

test('what a node’s own rules need beside policy: hosts, pools and floating addresses', () => {
  const node = resolvedNode('3.9', {
    nodes: [
      calicoNode('node2', ['192.0.2.20', '10.65.9.1']),
      calicoNode('node1', ['192.0.2.10', '192.0.2.20']),
    ],
    ipPools: [
      ipPool('b', { cidr: '10.66.0.0/16', natOutgoing: true }),
      ipPool('a', { cidr: '10.65.0.0/16' }),
    ],
    workloadEndpoints: [
      {
        ...workload('w'),
        ipNats: [{ internal: address('10.65.0.2'), external: address('203.0.113.2') }],
      },
      {
        ...workload('elsewhere', { node: 'node2' }),
        ipNats: [{ internal: address('10.65.0.3'), external: address('203.0.113.3') }],
      },
    ],
  });
  expect(node.hostAddresses.map(renderIpAddress)).toEqual([
    '10.65.9.1',
    '192.0.2.10',
    '192.0.2.20',
  ]);
  expect(node.pools.map((pool) => `${renderCidr(pool.cidr)} ${pool.natOutgoing}`)).toEqual([
    '10.65.0.0/16 false',
    '10.66.0.0/16 true',
  ]);
  expect(node.floatingIps.map(({ external }) => renderIpAddress(external))).toEqual([
    '203.0.113.2',
  ]);
});
