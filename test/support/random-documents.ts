import fc from 'fast-check';
import type { IpFamily } from '../../src/address/ip-address.ts';
import type { NodePolicy } from '../../src/policy/node-policy.ts';
import { resolveNode } from '../../src/policy/resolve.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import type { PolicyRule } from '../../src/resources/policy-rule.ts';
import type { PolicyResource, ResourceSet } from '../../src/resources/resource-set.ts';
import {
  address,
  calicoNode,
  type EntityFields,
  felixConfiguration,
  hostEndpoint,
  ipPool,
  networkSet,
  policy,
  profile,
  resources,
  rule,
  tier,
  workload,
} from './documents.ts';

/** Labels, addresses and ports are few, so that rules and packets meet. */
const SELECTORS = ['all()', "role == 'web'", "role != 'web'", 'has(zone)', "zone in {'a', 'b'}"];
const NETS: Readonly<Record<IpFamily, readonly string[]>> = {
  4: [
    '10.0.0.0/8',
    '10.1.0.0/16',
    '192.0.2.10/32',
    '203.0.113.0/24',
    '198.51.100.7/32',
    '0.0.0.0/0',
  ],
  6: ['2001:db8::/32', '2001:db8:1::/48', '2001:db8::10/128', 'fd00::/8', '::/0'],
};

const port = fc.oneof(
  fc.constantFrom<number | string>(22, 53, 80, 443, 8080),
  fc
    .tuple(fc.integer({ min: 1, max: 30000 }), fc.integer({ min: 0, max: 30000 }))
    .map(([first, width]): number | string => (width === 0 ? first : `${first}:${first + width}`)),
);

function ports(named: boolean): fc.Arbitrary<readonly (number | string)[]> {
  const one = named ? fc.oneof(port, port, fc.constant('http')) : port;
  return fc.oneof(
    fc.constant([]),
    fc.array(one, { minLength: 1, maxLength: 3 }),
    fc.array(one, { maxLength: 34 }),
  );
}

function entity(family: IpFamily, withPorts: boolean, named: boolean): fc.Arbitrary<EntityFields> {
  const someNets = fc.oneof(fc.constant([]), fc.subarray([...NETS[family]], { maxLength: 3 }));
  const noPorts = fc.constant<readonly (number | string)[]>([]);
  return fc
    .record({
      nets: someNets,
      notNets: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: someNets },
      ),
      selector: fc.option(fc.constantFrom(...SELECTORS), { nil: undefined, freq: 2 }),
      notSelector: fc.option(fc.constantFrom(...SELECTORS), { nil: undefined, freq: 1 }),
      ports: withPorts ? ports(named) : noPorts,
      notPorts: withPorts
        ? fc.oneof({ weight: 3, arbitrary: noPorts }, { weight: 1, arbitrary: ports(named) })
        : noPorts,
    })
    .map(({ selector, notSelector, ...rest }) => ({
      ...rest,
      ...(selector === undefined ? {} : { selector }),
      ...(notSelector === undefined ? {} : { notSelector }),
    }));
}

function policyRule(version: CalicoVersion): fc.Arbitrary<PolicyRule> {
  const named = version !== '2.6';
  return fc
    .record({
      action: fc.constantFrom('allow', 'allow', 'deny', 'log', 'pass' as const),
      family: fc.constantFrom(4, 4, 6 as const),
      kind: fc.constantFrom('any', 'tcp', 'udp', 'icmp', 'not', 'number' as const),
    })
    .chain(({ action, family, kind }) => {
      const withPorts = kind === 'tcp' || kind === 'udp';
      return fc
        .record({
          source: entity(family, withPorts, named),
          destination: entity(family, withPorts, named),
          type: fc.integer({ min: 0, max: 254 }),
          code: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
          number: fc.constantFrom(4, 47, 89, 112, 132, 253),
          negated: fc.boolean(),
          bound: fc.boolean(),
        })
        .map(({ source, destination, type, code, number, negated, bound }) => {
          const icmp = { type, code };
          const protocol = {
            any: {},
            tcp: { protocol: 'tcp' },
            udp: { protocol: 'udp' },
            icmp: {
              protocol: family === 4 ? 'icmp' : 'icmpv6',
              ...(negated ? { notICMP: icmp } : { icmp }),
            },
            not: { notProtocol: number, ...(negated ? { notICMP: icmp } : {}) },
            number: { protocol: number },
          }[kind];
          const version4or6 = bound || kind === 'icmp' ? { ipVersion: family } : {};
          return rule(action, { ...protocol, ...version4or6, source, destination });
        });
    });
}

function policyResource(version: CalicoVersion, name: string): fc.Arbitrary<PolicyResource> {
  const rules = fc.array(policyRule(version), { maxLength: 3 });
  return fc
    .record({
      order: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      selector: fc.constantFrom(...SELECTORS),
      types: fc.constantFrom<readonly ('ingress' | 'egress')[]>(
        ['ingress'],
        ['egress'],
        ['ingress', 'egress'],
      ),
      ingress: rules,
      egress: rules,
      kind: fc.constantFrom('normal', 'normal', 'forward', 'untracked', 'preDNAT' as const),
      tier:
        version === '3.32'
          ? fc.constantFrom('default', 'default', 'security')
          : fc.constant('default'),
    })
    .map(({ order, selector, types, ingress, egress, kind, tier }) =>
      policy(name, {
        kind: version === '2.6' ? 'policy' : 'GlobalNetworkPolicy',
        tier,
        ...(order === undefined ? {} : { order }),
        selector,
        types: kind === 'preDNAT' ? ['ingress'] : types,
        ingress,
        egress: kind === 'preDNAT' ? [] : egress,
        doNotTrack: kind === 'untracked',
        preDNAT: kind === 'preDNAT',
        applyOnForward: version !== '2.6' && kind !== 'normal',
      }),
    );
}

const settings = fc
  .record(
    {
      DefaultEndpointToHostAction: fc.constantFrom('Drop', 'Return', 'Accept'),
      ChainInsertMode: fc.constantFrom('insert', 'append'),
      IptablesFilterAllowAction: fc.constantFrom('ACCEPT', 'RETURN'),
      IptablesMangleAllowAction: fc.constantFrom('ACCEPT', 'RETURN'),
      FailsafeInboundHostPorts: fc.constantFrom('none', 'tcp:22,udp:68', 'tcp:22'),
      DisableConntrackInvalidCheck: fc.constantFrom('true', 'false'),
      IptablesMarkMask: fc.constantFrom('0xffff0000', '0x000000f0', '0x88880000'),
    },
    { requiredKeys: [] },
  )
  .map((values) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
  );

/** Valid documents of a version for `node1`, which has `eth0` and `eth1`: endpoints, policies of every kind, workloads, pools. */
export function randomDocuments(version: CalicoVersion): fc.Arbitrary<ResourceSet> {
  const policies = fc
    .integer({ min: 0, max: 5 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, i) => policyResource(version, `policy-${i}`))),
    );
  return fc
    .record({
      policies,
      profileRules: fc.array(policyRule(version), { maxLength: 2 }),
      profiled: fc.boolean(),
      wildcard: version === '2.6' ? fc.constant(false) : fc.boolean(),
      ipip: fc.boolean(),
      vxlan: version === '2.6' ? fc.constant(false) : fc.boolean(),
      tierAction: fc.constantFrom('deny', 'pass' as const),
      settings,
    })
    .map((parts) => {
      const profiles = parts.profiled ? ['open'] : [];
      const http = [{ name: 'http', protocol: 6, port: 80 }];
      return resources({
        version,
        hostEndpoints: [
          hostEndpoint('outside', {
            interfaceName: 'eth0',
            expectedIPs: ['192.0.2.10'],
            labels: { role: 'web' },
            profiles,
            ports: http,
          }),
          parts.wildcard
            ? hostEndpoint('everywhere', { interfaceName: '*', labels: { zone: 'a' } })
            : hostEndpoint('inside', {
                expectedIPs: ['10.1.0.1'],
                labels: { zone: 'a' },
                profiles,
              }),
          hostEndpoint('elsewhere', {
            node: 'node2',
            interfaceName: 'eth0',
            expectedIPs: ['203.0.113.2', '2001:db8::2'],
            labels: { role: 'web' },
          }),
        ],
        workloadEndpoints: [
          workload('pod', {
            interfaceName: 'cali1',
            ipNetworks: ['10.65.0.2/32'],
            labels: { zone: 'b' },
            profiles,
            ports: http,
          }),
        ],
        policies: parts.policies,
        profiles: [profile('open', { ingress: parts.profileRules, egress: parts.profileRules })],
        networkSets:
          version === '2.6'
            ? []
            : [
                networkSet('net', {
                  nets: ['203.0.113.0/24', '0.0.0.0/0', 'fd00::/8'],
                  labels: { zone: 'b' },
                }),
              ],
        tiers: version === '3.32' ? [tier('security', 10, parts.tierAction)] : [],
        nodes: [calicoNode('node1', ['192.0.2.10']), calicoNode('node2', ['203.0.113.2'])],
        ipPools: [
          ipPool('pool', {
            cidr: '10.65.0.0/16',
            natOutgoing: true,
            ipip: parts.ipip,
            vxlan: parts.vxlan && !parts.ipip,
          }),
        ],
        felixConfigurations: [felixConfiguration('default', parts.settings)],
      });
    });
}

/** What the documents mean for `node1`. */
export function resolveTestNode(documents: ResourceSet): NodePolicy {
  return resolveNode(documents, {
    node: 'node1',
    interfaces: [
      { name: 'eth0', addresses: [address('192.0.2.10'), address('2001:db8::10')] },
      { name: 'eth1', addresses: [address('10.1.0.1')] },
    ],
    environment: new Map(),
  });
}
