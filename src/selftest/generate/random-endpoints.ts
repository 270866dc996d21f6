import { type JsonDocument, withoutUndefined } from './json-document.ts';
import { type DocumentContext, randomLabels } from './random-rules.ts';
import { NODE, type Workload } from './world.ts';

const NAMED_PORTS: readonly JsonDocument[] = [
  { name: 'http', protocol: 'TCP', port: 8080 },
  { name: 'cache', protocol: 'UDP', port: 999 },
];

/** Host endpoints by name, by address, for `*`, for `lo` and of another node, and workload endpoints. */
export function randomEndpoints(context: DocumentContext): readonly JsonDocument[] {
  const { random, version, world } = context;
  const own = [...world.own[4].slice(-1), ...world.own[6].slice(-1)];
  const found: (JsonDocument | undefined)[] = [
    random.maybe(80, () => hostEndpoint(context, 'outside', { node: NODE, interfaceName: 'eth0' })),
    random.maybe(60, () => hostEndpoint(context, 'inside', { node: NODE, expectedIPs: own })),
    random.maybe(10, () => hostEndpoint(context, 'loop', { node: NODE, interfaceName: 'lo' })),
    random.maybe(60, () =>
      hostEndpoint(context, 'elsewhere', {
        node: 'node2',
        interfaceName: 'eth0',
        expectedIPs: ['198.51.100.7', '2001:db8:ffff::7'],
      }),
    ),
    version === '2.6'
      ? undefined
      : random.maybe(25, () => hostEndpoint(context, 'all', { node: NODE, interfaceName: '*' })),
    ...world.workloads.map((workload, index) =>
      random.maybe(80, () => workloadEndpoint(context, workload, index)),
    ),
  ];
  return found.filter((document) => document !== undefined);
}

function randomProfileNames({ random }: DocumentContext): readonly string[] {
  return random.chance(60) ? [] : random.some(['p1', 'p2', 'missing'], 1, 3);
}

function hostEndpoint(
  context: DocumentContext,
  name: string,
  spec: {
    readonly node: string;
    readonly interfaceName?: string;
    readonly expectedIPs?: readonly string[];
  },
): JsonDocument {
  const { random, version } = context;
  const { node, ...rest } = spec;
  const labels = randomLabels(context);
  const profiles = randomProfileNames(context);
  if (version === '2.6') {
    return {
      apiVersion: 'v1',
      kind: 'hostEndpoint',
      metadata: { name, node, labels },
      spec: { ...rest, profiles },
    };
  }
  const ports = random.maybe(50, () => NAMED_PORTS);
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'HostEndpoint',
    metadata: { name, labels },
    spec: withoutUndefined({ node, ...rest, profiles, ports }),
  };
}

function workloadEndpoint(
  context: DocumentContext,
  { interfaceName, v4, v6 }: Workload,
  index: number,
): JsonDocument {
  const ipNetworks = [`${v4}/32`, `${v6}/128`];
  const labels = randomLabels(context);
  const profiles = randomProfileNames(context);
  if (context.version === '2.6') {
    return {
      apiVersion: 'v1',
      kind: 'workloadEndpoint',
      metadata: {
        name: 'eth0',
        workload: `w${index}`,
        orchestrator: 'k8s',
        node: NODE,
        labels,
      },
      spec: { interfaceName, ipNetworks, profiles },
    };
  }
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'WorkloadEndpoint',
    metadata: { name: `${NODE}-k8s-w${index}-eth0`, namespace: 'default', labels },
    spec: {
      node: NODE,
      orchestrator: 'k8s',
      endpoint: 'eth0',
      pod: `w${index}`,
      interfaceName,
      ipNetworks,
      profiles,
      ports: NAMED_PORTS,
    },
  };
}
