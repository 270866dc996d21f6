import fc from 'fast-check';
import { NEWER_SELECTORS, SELECTORS } from '../../src/selftest/generate/random-rules.ts';

/** A document as JSON has it. */
export type JsonDocument = Readonly<Record<string, unknown>>;

/** Random documents for one node, all valid for the version, and packets aimed at what they speak of. */
export interface RandomInput {
  readonly version: '2.6' | '3.9' | '3.32';
  readonly environment: Readonly<Record<string, string>>;
  readonly documents: readonly JsonDocument[];
  readonly packets: readonly JsonDocument[];
}

export const NODE = 'node1';

const WORKLOADS = [
  { interfaceName: 'cali1', v4: '10.65.0.2', v6: 'fd00:65::2' },
  { interfaceName: 'cali2', v4: '10.65.0.3', v6: 'fd00:65::3' },
] as const;

/** Addresses on both sides of the borders of the nets below, own addresses, workloads, and unknown ones. */
const ADDRESSES = {
  4: [
    '192.0.2.10',
    '192.0.2.7',
    '10.0.0.1',
    '10.0.0.20',
    '10.0.0.127',
    '10.0.0.128',
    '10.65.0.2',
    '10.65.0.3',
    '10.65.0.9',
    '198.51.100.7',
    '198.51.100.255',
    '198.51.101.0',
    '203.0.113.7',
  ],
  6: [
    '2001:db8::10',
    '2001:db8::7',
    '2001:db8:a::1',
    '2001:db8:a::20',
    'fd00:65::2',
    'fd00:65::3',
    '2001:db8:ffff::7',
    '2001:db8:fffe::7',
  ],
} as const;

const NETS = {
  4: [
    '10.0.0.0/25',
    '198.51.100.0/24',
    '192.0.2.0/24',
    '10.65.0.2/32',
    '0.0.0.0/1',
    '203.0.113.7/32',
  ],
  6: ['2001:db8:ffff::/48', '2001:db8:a::/64', 'fd00:65::2/128', '2001:db8::/127', '8000::/1'],
} as const;

const PORTS = [22, 53, 68, 80, 443, 999, 1000, 1001, 2379, 8080, 30000, 65535] as const;

const host: JsonDocument = {
  apiVersion: 'hepsim/v1',
  kind: 'Host',
  metadata: { name: NODE },
  spec: {
    interfaces: [
      { name: 'eth0', addresses: ['192.0.2.10/24', '2001:db8::10/64'] },
      { name: 'eth1', addresses: ['10.0.0.1/24', '2001:db8:a::1/64'] },
      { name: 'cali1', addresses: [] },
      { name: 'cali2', addresses: [] },
    ],
    routes: [
      { to: 'default', via: '192.0.2.1', dev: 'eth0' },
      { to: 'default', via: '2001:db8::1', dev: 'eth0' },
      ...WORKLOADS.flatMap(({ interfaceName, v4, v6 }) => [
        { to: `${v4}/32`, dev: interfaceName },
        { to: `${v6}/128`, dev: interfaceName },
      ]),
    ],
  },
};

const labels = fc.record(
  { role: fc.constantFrom('a', 'b', 'ab'), zone: fc.constantFrom('', 'x') },
  { requiredKeys: [] },
);

function selectors(version: RandomInput['version']): fc.Arbitrary<string> {
  return fc.constantFrom(...(version === '2.6' ? SELECTORS : [...SELECTORS, ...NEWER_SELECTORS]));
}

const maybe = <T>(value: fc.Arbitrary<T>, chance: number): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 100 - chance },
    { arbitrary: value, weight: chance },
  );

/** More than the 15 slots of one multiport match. */
const MANY_PORTS: readonly (number | string)[] = [
  ...PORTS,
  '1500:1600',
  '1700:1701',
  '2000:2100',
  3000,
  3001,
  3002,
  3003,
];

const somePorts: fc.Arbitrary<readonly (number | string)[]> = fc.oneof(
  { arbitrary: fc.subarray([...PORTS], { minLength: 1, maxLength: 3 }), weight: 6 },
  { arbitrary: fc.constant(['999:1000']), weight: 2 },
  { arbitrary: fc.constant(MANY_PORTS), weight: 1 },
);

const namedPorts = fc.subarray(['http', 'cache', 'nothing'], { minLength: 1, maxLength: 2 });

interface EntityOptions {
  readonly version: RandomInput['version'];
  readonly family: 4 | 6 | undefined;
  readonly ports: boolean;
}

function entity({ version, family, ports }: EntityOptions): fc.Arbitrary<JsonDocument> {
  const nets =
    family === undefined
      ? fc.constant(undefined)
      : fc.subarray([...NETS[family]], { minLength: 1, maxLength: 3 });
  const named =
    version === '2.6'
      ? fc.constant<string[]>([])
      : fc.oneof(
          { arbitrary: fc.constant<string[]>([]), weight: 4 },
          { arbitrary: namedPorts, weight: 1 },
        );
  const portList = fc.tuple(somePorts, named).map(([numbers, names]) => [...numbers, ...names]);
  return fc
    .record({
      nets: maybe(nets, 30),
      notNets: maybe(nets, 15),
      selector: maybe(selectors(version), 20),
      notSelector: maybe(selectors(version), 10),
      ports: ports ? maybe(portList, 50) : fc.constant(undefined),
      notPorts: ports ? maybe(portList, 15) : fc.constant(undefined),
      ...(version === '2.6'
        ? {
            tag: maybe(fc.constantFrom('blue', 'red'), 8),
            notTag: maybe(fc.constantFrom('blue', 'red'), 5),
          }
        : {}),
    })
    .map(withoutUndefined);
}

/** Several lists that one netfilter rule cannot hold, so that each is put together from rules of its own. */
function listed(family: 4 | 6, ports: boolean): fc.Arbitrary<JsonDocument> {
  return fc
    .subarray([...NETS[family]], { minLength: 2, maxLength: 4 })
    .map((nets) => withoutUndefined({ nets, ports: ports ? MANY_PORTS : undefined }));
}

/** What a rule of ICMP asks of the type and code; of other protocols nothing. */
function icmpCriteria(
  family: 4 | 6 | undefined,
): Record<'icmp' | 'notICMP', fc.Arbitrary<JsonDocument | undefined>> {
  if (family === undefined) {
    return { icmp: fc.constant(undefined), notICMP: fc.constant(undefined) };
  }
  const type = family === 4 ? 8 : 128;
  return {
    icmp: maybe(
      fc
        .record({ type: fc.constantFrom(type, 3), code: maybe(fc.constantFrom(0, 1), 60) })
        .map(withoutUndefined),
      50,
    ),
    notICMP: maybe(fc.constant({ type }), 15),
  };
}

function rule(version: RandomInput['version']): fc.Arbitrary<JsonDocument> {
  const v1 = version === '2.6';
  const spelled = (word: string): string => (v1 ? word.toLowerCase() : word);
  return fc
    .record({
      family: maybe(fc.constantFrom<4 | 6>(4, 6), 60),
      protocol: maybe(fc.constantFrom('TCP', 'UDP', 'ICMP', 'ICMPv6', '47'), 70),
      isListed: maybe(fc.constant(true), 20),
      // What blocks are of says which packets a rule is for, too.
      saysFamily: fc.boolean(),
      action: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny', 'Deny', 'Log', 'Pass'),
    })
    .chain(({ family: wanted, protocol: any, isListed, saysFamily, action }) => {
      // Lists of ports are of protocols that have them.
      const protocol = isListed && any === undefined ? 'TCP' : any;
      const icmpFamily = protocol === 'ICMP' ? 4 : protocol === 'ICMPv6' ? 6 : undefined;
      const family = icmpFamily ?? wanted;
      const ports = protocol === 'TCP' || protocol === 'UDP';
      const options = { version, family, ports };
      const side = (isDestination: boolean): fc.Arbitrary<JsonDocument | undefined> =>
        isListed && family !== undefined
          ? listed(family, ports && isDestination)
          : maybe(entity(options), 50);
      return fc
        .record({
          source: side(false),
          destination: side(true),
          notProtocol:
            protocol === undefined
              ? maybe(fc.constantFrom('TCP', 'UDP'), 20)
              : fc.constant(undefined),
          ...icmpCriteria(icmpFamily),
        })
        .map((rest) =>
          withoutUndefined({
            action: spelled(action),
            protocol:
              protocol === undefined
                ? undefined
                : /^\d+$/.test(protocol)
                  ? Number(protocol)
                  : spelled(protocol),
            ...rest,
            notProtocol: rest.notProtocol === undefined ? undefined : spelled(rest.notProtocol),
            ipVersion: saysFamily && icmpFamily === undefined ? wanted : undefined,
          }),
        );
    });
}

function withoutUndefined(record: object): JsonDocument {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function policy(version: RandomInput['version'], name: string): fc.Arbitrary<JsonDocument> {
  const v1 = version === '2.6';
  const rules = fc.array(rule(version), { maxLength: 4 });
  return fc
    .record({
      kind: fc.constantFrom('normal', 'normal', 'forward', 'untracked', 'preDNAT'),
      order: maybe(fc.constantFrom(-5, 0, 10, 10.5, 1000), 70),
      selector: selectors(version),
      types: maybe(fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']), 60),
      ingress: rules,
      egress: rules,
      tier:
        version === '3.32' ? maybe(fc.constantFrom('first', 'pass'), 40) : fc.constant(undefined),
    })
    .map(({ kind, order, selector, types, ingress, egress, tier }) => {
      const preDnat = kind === 'preDNAT';
      const spec = withoutUndefined({
        tier,
        order,
        selector,
        types: preDnat ? undefined : v1 ? types?.map((type) => type.toLowerCase()) : types,
        doNotTrack: kind === 'untracked' ? true : undefined,
        preDNAT: preDnat ? true : undefined,
        applyOnForward: v1 || kind === 'normal' ? undefined : true,
        ingress,
        egress: preDnat ? undefined : egress,
      });
      return v1
        ? { apiVersion: 'v1', kind: 'policy', metadata: { name }, spec }
        : {
            apiVersion: 'projectcalico.org/v3',
            kind: 'GlobalNetworkPolicy',
            metadata: { name: tier === undefined ? name : `${tier}.${name}` },
            spec,
          };
    });
}

function profile(version: RandomInput['version'], name: string): fc.Arbitrary<JsonDocument> {
  const rules = fc.array(rule(version), { maxLength: 2 });
  return fc
    .record({
      ingress: rules,
      egress: rules,
      inherited: labels,
      tags: fc.subarray(['blue', 'red']),
    })
    .map(({ ingress, egress, inherited, tags }) =>
      version === '2.6'
        ? {
            apiVersion: 'v1',
            kind: 'profile',
            metadata: { name, labels: inherited, tags },
            spec: { ingress, egress },
          }
        : {
            apiVersion: 'projectcalico.org/v3',
            kind: 'Profile',
            metadata: { name },
            spec: { ingress, egress, labelsToApply: inherited },
          },
    );
}

const profileNames = fc.oneof(
  { arbitrary: fc.constant<string[]>([]), weight: 3 },
  { arbitrary: fc.shuffledSubarray(['p1', 'p2', 'missing'], { minLength: 1 }), weight: 2 },
);

const endpointPorts = [
  { name: 'http', protocol: 'TCP', port: 8080 },
  { name: 'cache', protocol: 'UDP', port: 999 },
];

function hostEndpoint(
  version: RandomInput['version'],
  spec: {
    readonly name: string;
    readonly node: string;
    readonly interfaceName?: string;
    readonly expectedIPs?: readonly string[];
  },
): fc.Arbitrary<JsonDocument> {
  const { name, node, ...rest } = spec;
  return fc.record({ labels, profiles: profileNames, ports: fc.boolean() }).map((random) =>
    version === '2.6'
      ? {
          apiVersion: 'v1',
          kind: 'hostEndpoint',
          metadata: { name, node, labels: random.labels },
          spec: { ...rest, profiles: random.profiles },
        }
      : {
          apiVersion: 'projectcalico.org/v3',
          kind: 'HostEndpoint',
          metadata: { name, labels: random.labels },
          spec: {
            node,
            ...rest,
            profiles: random.profiles,
            ...(random.ports ? { ports: endpointPorts } : {}),
          },
        },
  );
}

function workloadEndpoint(
  version: RandomInput['version'],
  index: 0 | 1,
): fc.Arbitrary<JsonDocument> {
  const { interfaceName, v4, v6 } = WORKLOADS[index];
  const ipNetworks = [`${v4}/32`, `${v6}/128`];
  const name = `${NODE}-k8s-w${index}-eth0`;
  return fc.record({ labels, profiles: profileNames }).map((random) =>
    version === '2.6'
      ? {
          apiVersion: 'v1',
          kind: 'workloadEndpoint',
          metadata: {
            name: 'eth0',
            workload: `w${index}`,
            orchestrator: 'k8s',
            node: NODE,
            labels: random.labels,
          },
          spec: { interfaceName, ipNetworks, profiles: random.profiles },
        }
      : {
          apiVersion: 'projectcalico.org/v3',
          kind: 'WorkloadEndpoint',
          metadata: { name, namespace: 'default', labels: random.labels },
          spec: {
            node: NODE,
            orchestrator: 'k8s',
            endpoint: 'eth0',
            pod: `w${index}`,
            interfaceName,
            ipNetworks,
            profiles: random.profiles,
            ports: endpointPorts,
          },
        },
  );
}

function endpoints(version: RandomInput['version']): fc.Arbitrary<readonly JsonDocument[]> {
  const candidates: { readonly arbitrary: fc.Arbitrary<JsonDocument>; readonly chance: number }[] =
    [
      {
        arbitrary: hostEndpoint(version, { name: 'outside', node: NODE, interfaceName: 'eth0' }),
        chance: 80,
      },
      {
        arbitrary: hostEndpoint(version, {
          name: 'inside',
          node: NODE,
          expectedIPs: ['10.0.0.1', '2001:db8:a::1'],
        }),
        chance: 60,
      },
      {
        arbitrary: hostEndpoint(version, { name: 'loop', node: NODE, interfaceName: 'lo' }),
        chance: 10,
      },
      {
        arbitrary: hostEndpoint(version, {
          name: 'elsewhere',
          node: 'node2',
          interfaceName: 'eth0',
          expectedIPs: ['198.51.100.7', '2001:db8:ffff::7'],
        }),
        chance: 60,
      },
      { arbitrary: workloadEndpoint(version, 0), chance: 70 },
      { arbitrary: workloadEndpoint(version, 1), chance: 50 },
    ];
  if (version !== '2.6') {
    candidates.push({
      arbitrary: hostEndpoint(version, { name: 'all', node: NODE, interfaceName: '*' }),
      chance: 20,
    });
  }
  return fc
    .tuple(...candidates.map(({ arbitrary, chance }) => maybe(arbitrary, chance)))
    .map((found) => found.filter((document) => document !== undefined));
}

const environments = fc
  .record({
    FELIX_DEFAULTENDPOINTTOHOSTACTION: maybe(fc.constantFrom('ACCEPT', 'RETURN'), 30),
    FELIX_IPTABLESFILTERALLOWACTION: maybe(fc.constant('RETURN'), 15),
    FELIX_IPTABLESMANGLEALLOWACTION: maybe(fc.constant('RETURN'), 15),
    FELIX_FAILSAFEINBOUNDHOSTPORTS: maybe(fc.constantFrom('none', 'tcp:80,udp:999', '22'), 30),
    FELIX_FAILSAFEOUTBOUNDHOSTPORTS: maybe(fc.constantFrom('none', 'udp:53'), 30),
    FELIX_DISABLECONNTRACKINVALIDCHECK: maybe(fc.constant('true'), 10),
    FELIX_CHAININSERTMODE: maybe(fc.constant('append'), 20),
  })
  .map((record) => withoutUndefined(record) as Record<string, string>);

/** A Service in front of a workload, so that packets are translated on their way. */
const service: readonly JsonDocument[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.0.1',
      ports: [{ protocol: 'TCP', port: 80, nodePort: 30000 }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'default' },
    subsets: [
      {
        addresses: [{ ip: '10.65.0.2', nodeName: NODE }],
        ports: [{ port: 8080, protocol: 'TCP' }],
      },
    ],
  },
];

const networkSet: JsonDocument = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkSet',
  metadata: { name: 'partners', labels: { role: 'b' } },
  spec: { nets: ['203.0.113.0/29', '2001:db8:fffe::/48'] },
};

const tiers: readonly JsonDocument[] = [
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'Tier',
    metadata: { name: 'first' },
    spec: { order: 10 },
  },
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'Tier',
    metadata: { name: 'pass' },
    spec: { order: 20, defaultAction: 'Pass' },
  },
];

/** The address that a packet from there usually has; spoofed ones end in the reverse-path check. */
function ownSource(from: string, family: 4 | 6): string | undefined {
  const workload = WORKLOADS.find(({ interfaceName }) => interfaceName === from);
  if (workload !== undefined) return family === 4 ? workload.v4 : workload.v6;
  if (from === 'local') return family === 4 ? '192.0.2.10' : '2001:db8::10';
  return undefined;
}

interface TransportChoice {
  readonly family: 4 | 6;
  readonly proto: string;
  readonly sport: number;
  readonly dport: number;
  readonly type: 'echo' | 'other';
  readonly code: number;
  readonly flags: string;
}

/** An echo request, or a message that is something else: router solicitation, timestamp. */
const ICMP_TYPES = { 4: { echo: 8, other: 13 }, 6: { echo: 128, other: 133 } } as const;

/** The protocol, and the fields that packets of it have. */
function transport(choice: TransportChoice): JsonDocument {
  const { family, proto, type, code, sport, dport, flags } = choice;
  switch (proto) {
    case 'icmp':
      return { proto: family === 6 ? 'icmpv6' : 'icmp', type: ICMP_TYPES[family][type], code };
    case '47':
      return { proto: 47 };
    case 'tcp':
      return { proto, sport, dport, flags };
    default:
      return { proto, sport, dport };
  }
}

const packets: fc.Arbitrary<JsonDocument> = fc
  .record({
    family: fc.constantFrom<4 | 4 | 6>(4, 4, 6),
    in: fc.constantFrom('eth0', 'eth0', 'eth1', 'cali1', 'cali2', 'local', 'local'),
    proto: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp', 'icmp', '47'),
    sport: fc.constantFrom(40000, 40000, 53, 999, 22),
    dport: fc.constantFrom(...PORTS),
    type: fc.constantFrom<'echo' | 'other'>('echo', 'echo', 'other'),
    code: fc.constantFrom(0, 0, 1),
    flags: fc.constantFrom('S', 'S', 'S', 'SA', 'A'),
    state: maybe(fc.constantFrom('established', 'related', 'invalid'), 10),
  })
  .chain((random) => {
    const address = fc.constantFrom(...ADDRESSES[random.family]);
    const own = ownSource(random.in, random.family);
    const source =
      own === undefined
        ? address
        : fc.oneof({ arbitrary: fc.constant(own), weight: 4 }, { arbitrary: address, weight: 1 });
    return fc
      .record({ src: source, dst: address })
      .map(({ src, dst }) =>
        withoutUndefined({ in: random.in, src, dst, ...transport(random), state: random.state }),
      );
  });

/** Documents and packets of one version; `packetCount` packets each. */
export function randomInput(
  version: RandomInput['version'],
  packetCount: number,
): fc.Arbitrary<RandomInput> {
  const policies = fc
    .integer({ min: 0, max: 6 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, i) => policy(version, `policy-${i}`))),
    );
  return fc
    .record({
      environment: environments,
      endpoints: endpoints(version),
      policies,
      profiles: fc.tuple(profile(version, 'p1'), profile(version, 'p2')),
      service: fc.boolean(),
      packets: fc.array(packets, { minLength: packetCount, maxLength: packetCount }),
    })
    .map((random) => ({
      version,
      environment: random.environment,
      documents: [
        host,
        ...random.endpoints,
        ...random.policies,
        ...random.profiles,
        ...(version === '2.6' ? [] : [networkSet]),
        ...(version === '3.32' ? tiers : []),
        ...(random.service ? service : []),
      ],
      packets: random.packets,
    }));
}
