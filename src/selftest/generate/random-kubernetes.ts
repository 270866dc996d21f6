import { type JsonDocument, withoutUndefined } from './json-document.ts';
import { type DocumentContext, randomLabels } from './random-rules.ts';
import { PORTS } from './world.ts';

/** A port that a NetworkPolicy may name. */
const RULE_PORTS = PORTS.filter((port) => port > 0);

/** Namespaces, a pod of another node, and NetworkPolicies, which are for workloads alone. */
export function randomKubernetes(context: DocumentContext): readonly JsonDocument[] {
  const { random } = context;
  if (random.chance(50)) return [];
  const policies = Array.from({ length: 1 + random.below(3) }, (_, index) =>
    networkPolicy(context, `knp-${index}`),
  );
  return [
    ...(random.chance(70) ? [namespace(context, 'default')] : []),
    ...(random.chance(50) ? [namespace(context, 'other'), pod(context)] : []),
    ...policies,
  ];
}

function namespace(context: DocumentContext, name: string): JsonDocument {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: randomLabels(context) } };
}

/** Somewhere else, so that it is known by its addresses alone. */
function pod(context: DocumentContext): JsonDocument {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'far', namespace: 'other', labels: randomLabels(context) },
    spec: { nodeName: 'node2', containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      podIP: '10.65.0.9',
      podIPs: [{ ip: '10.65.0.9' }, { ip: 'fd00:65::9' }],
    },
  };
}

function networkPolicy(context: DocumentContext, name: string): JsonDocument {
  const { random } = context;
  const rules = (side: 'from' | 'to'): readonly JsonDocument[] =>
    Array.from({ length: random.below(3) }, () => rule(context, side));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'default' },
    spec: withoutUndefined({
      podSelector: labelSelector(context),
      policyTypes: random.maybe(60, () =>
        random.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]),
      ),
      ingress: random.maybe(70, () => rules('from')),
      egress: random.maybe(50, () => rules('to')),
    }),
  };
}

function rule(context: DocumentContext, side: 'from' | 'to'): JsonDocument {
  const { random } = context;
  const peers = (): readonly JsonDocument[] =>
    Array.from({ length: 1 + random.below(2) }, () => peer(context));
  const ports = (): readonly JsonDocument[] =>
    Array.from({ length: 1 + random.below(3) }, () => port(context));
  return withoutUndefined({
    [side]: random.maybe(70, peers),
    ports: random.maybe(60, ports),
  });
}

function peer(context: DocumentContext): JsonDocument {
  const { random, world } = context;
  if (random.chance(40)) {
    const family = random.pick([4, 6] as const);
    const cidr = random.pick(world.nets[family]);
    return { ipBlock: withoutUndefined({ cidr, except: random.maybe(40, () => PARTS[cidr]) }) };
  }
  const which = random.weighted({ pods: 4, namespaces: 2, both: 2 });
  return withoutUndefined({
    podSelector: which === 'namespaces' ? undefined : labelSelector(context),
    namespaceSelector: which === 'pods' ? undefined : labelSelector(context),
  });
}

/** Parts of the blocks that a world has. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  '10.65.0.0/16': ['10.65.0.2/31'],
  '0.0.0.0/1': ['10.0.0.0/25', '10.65.0.0/16'],
  '192.0.2.0/24': ['192.0.2.10/32'],
  '203.0.113.0/29': ['203.0.113.7/32'],
  '2001:db8::/127': ['2001:db8::1/128'],
};

function port({ random, version }: DocumentContext): JsonDocument {
  const protocol = random.maybe(80, () => random.pick(['TCP', 'UDP', 'TCP']));
  const form = random.weighted({ number: 6, named: 2, none: 1, range: 2 });
  if (form === 'none') return withoutUndefined({ protocol });
  if (form === 'named') return withoutUndefined({ protocol, port: random.pick(['http', 'cache']) });
  const first = random.pick(RULE_PORTS);
  const isRange = form === 'range' && version === '3.32';
  return withoutUndefined({
    protocol,
    port: first,
    endPort: isRange ? Math.min(65535, first + random.below(1000)) : undefined,
  });
}

/** Labels that endpoints and namespaces have, in both ways of writing; now and then everything. */
function labelSelector({ random }: DocumentContext): JsonDocument {
  switch (random.weighted({ all: 3, labels: 3, expressions: 3 })) {
    case 'all':
      return {};
    case 'labels':
      return { matchLabels: { role: random.pick(['a', 'b']) } };
    case 'expressions':
      return { matchExpressions: [expression(random.below(4))] };
  }
}

function expression(form: number): JsonDocument {
  switch (form) {
    case 0:
      return { key: 'role', operator: 'In', values: ['a', 'ab'] };
    case 1:
      return { key: 'role', operator: 'NotIn', values: ['b'] };
    case 2:
      return { key: 'zone', operator: 'Exists' };
    default:
      return { key: 'zone', operator: 'DoesNotExist' };
  }
}
