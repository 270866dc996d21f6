import type { IpFamily } from '../../address/ip-address.ts';
import type { Random } from '../random.ts';
import { type JsonDocument, withoutUndefined } from './json-document.ts';
import type { DocumentContext } from './random-rules.ts';
import { NODE } from './world.ts';

/** What a generated Service may be like. Each has a name and addresses of its own. */
interface ServiceForm {
  readonly name: string;
  readonly clusterIPs: Readonly<Record<IpFamily, string>>;
  readonly nodePort: number;
  /** Addresses from outside: some that the host routes, and some that are its own. */
  readonly outside: readonly string[];
}

const FORMS: readonly ServiceForm[] = [
  {
    name: 'web',
    clusterIPs: { 4: '10.96.0.1', 6: 'fd00:96::1' },
    nodePort: 30000,
    outside: ['203.0.113.8', '198.51.100.7'],
  },
  {
    name: 'names',
    clusterIPs: { 4: '10.96.0.10', 6: 'fd00:96::10' },
    nodePort: 30053,
    outside: ['203.0.113.9'],
  },
];

const REMOTE: Readonly<Record<IpFamily, readonly string[]>> = {
  4: ['10.0.0.20', '10.0.0.21', '203.0.113.7', '10.65.0.9'],
  6: ['2001:db8:a::20', '2001:db8:a::21', '2001:db8:ffff::7'],
};

/**
 * Services in front of workloads and hosts, so that packets are translated on their way. Which of several endpoints the kernel takes is
 * chance: where all of them lead to the same end that is compared, otherwise the packet is undetermined.
 */
export function randomServices(context: DocumentContext): readonly JsonDocument[] {
  const { random } = context;
  if (random.chance(40)) return [];
  return random.some(FORMS, 1, 2).flatMap((form) => service(context, form));
}

function service(context: DocumentContext, form: ServiceForm): readonly JsonDocument[] {
  const { random } = context;
  const families = random.pick([[4], [4], [4, 6], [6]] as const);
  const type = random.weighted({ NodePort: 6, LoadBalancer: 2, ClusterIP: 2 });
  const exposed = type !== 'ClusterIP';
  const policy = (): string => random.pick(['Cluster', 'Local']);
  const clusterIPs = families.map((family) => form.clusterIPs[family]);
  const document = withoutUndefined({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: form.name, namespace: 'default' },
    spec: withoutUndefined({
      type,
      clusterIP: clusterIPs[0],
      clusterIPs: families.length > 1 ? clusterIPs : undefined,
      externalIPs: random.maybe(20, () => random.some(form.outside, 1, 2)),
      externalTrafficPolicy: exposed ? random.maybe(50, policy) : undefined,
      internalTrafficPolicy: random.maybe(15, policy),
      sessionAffinity: random.maybe(10, () => 'ClientIP'),
      loadBalancerSourceRanges:
        type === 'LoadBalancer' && families[0] === 4
          ? random.maybe(30, () => ['203.0.113.0/29', '10.0.0.0/25'])
          : undefined,
      ports: [
        {
          name: 'web',
          protocol: 'TCP',
          port: 80,
          ...(exposed ? { nodePort: form.nodePort } : {}),
        },
        ...(random.chance(50) ? [{ name: 'dns', protocol: 'UDP', port: 53 }] : []),
      ],
    }),
    status:
      type === 'LoadBalancer'
        ? { loadBalancer: { ingress: [{ ip: form.outside[0] }] } }
        : undefined,
  });
  return [document, ...families.map((family) => endpoints(context, form, family))];
}

const PORTS: readonly JsonDocument[] = [
  { name: 'web', port: 8080, protocol: 'TCP' },
  { name: 'dns', port: 999, protocol: 'UDP' },
];

function endpoints(
  context: DocumentContext,
  { name }: ServiceForm,
  family: IpFamily,
): JsonDocument {
  const { random } = context;
  const addresses = endpointAddresses(context, family);
  const nodeName = (): string => (random.chance(70) ? NODE : 'node2');
  if (family === 4 && random.chance(50)) {
    return {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default' },
      subsets:
        addresses.length === 0
          ? []
          : [{ addresses: addresses.map((ip) => ({ ip, nodeName: nodeName() })), ports: PORTS }],
    };
  }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${family}`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family === 4 ? 'IPv4' : 'IPv6',
    ports: PORTS,
    endpoints: addresses.map((address) => ({
      addresses: [address],
      nodeName: nodeName(),
      conditions: endpointConditions(random),
    })),
  };
}

function endpointConditions(random: Random): JsonDocument {
  return random.weighted({ ready: 8, gone: 1, leaving: 1 }) === 'ready'
    ? { ready: true }
    : { ready: false, serving: random.chance(50), terminating: true };
}

/** None, one, or several; of several all workloads, all elsewhere, or some of both. */
function endpointAddresses({ random, world }: DocumentContext, family: IpFamily): string[] {
  const workloads = world.workloads.map(({ v4, v6 }) => (family === 4 ? v4 : v6));
  const all = [...workloads, ...REMOTE[family]];
  switch (random.weighted({ one: 10, none: 2, workloads: 2, remote: 3, mixed: 2 })) {
    case 'one':
      return [random.pick(random.chance(60) ? workloads : all)];
    case 'none':
      return [];
    case 'workloads':
      return [...random.some(workloads, 1, 3)];
    case 'remote':
      return [...random.some(REMOTE[family].slice(0, 2), 2, 2)];
    case 'mixed':
      return [...random.some(all, 2, 3)];
  }
}
