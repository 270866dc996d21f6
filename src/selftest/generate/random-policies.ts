import { type JsonDocument, withoutUndefined } from './json-document.ts';
import { type DocumentContext, randomLabels, randomRules, randomSelector } from './random-rules.ts';

/** Up to seven policies of every type, in the version's API, and the tiers that they are in. */
export function randomPolicies(context: DocumentContext): readonly JsonDocument[] {
  const { random, version } = context;
  const policies = Array.from({ length: random.below(8) }, (_, index) =>
    version === '2.6' ? v1Policy(context, `policy-${index}`) : v3Policy(context, `policy-${index}`),
  );
  return [...policies, ...(version === '3.32' ? TIERS : [])];
}

/** The profiles that generated endpoints name. */
export function randomProfiles(context: DocumentContext): readonly JsonDocument[] {
  return ['p1', 'p2'].map((name) => randomProfile(context, name));
}

const TIERS: readonly JsonDocument[] = [
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

interface PolicyBody {
  readonly kind: 'normal' | 'forward' | 'untracked' | 'preDNAT';
  readonly body: Readonly<Record<string, unknown>>;
}

function randomBody(context: DocumentContext): PolicyBody {
  const { random, version } = context;
  const kind = random.weighted({ normal: 4, forward: 2, untracked: 2, preDNAT: 2 });
  const preDnat = kind === 'preDNAT';
  const types = random.maybe(60, () =>
    random.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]),
  );
  const ingress = randomRules(context, 4);
  const egress = randomRules(context, 4);
  return {
    kind,
    body: {
      order: random.maybe(70, () => random.pick([-5, 0, 10, 10.5, 1000])),
      selector: randomSelector(context),
      types: preDnat
        ? undefined
        : version === '2.6'
          ? types?.map((type) => type.toLowerCase())
          : types,
      doNotTrack: kind === 'untracked' ? true : undefined,
      preDNAT: preDnat ? true : undefined,
      ingress,
      egress: preDnat ? undefined : egress,
    },
  };
}

function v1Policy(context: DocumentContext, name: string): JsonDocument {
  const { body } = randomBody(context);
  return { apiVersion: 'v1', kind: 'policy', metadata: { name }, spec: withoutUndefined(body) };
}

function v3Policy(context: DocumentContext, name: string): JsonDocument {
  const { random, version } = context;
  const { kind, body } = randomBody(context);
  const tier =
    version === '3.32' ? random.maybe(40, () => random.pick(['first', 'pass'])) : undefined;
  const spec = withoutUndefined({
    tier,
    ...body,
    applyOnForward: kind === 'normal' ? undefined : true,
  });
  const named = tier === undefined ? name : `${tier}.${name}`;
  // A namespaced policy is for workloads of its namespace, and knows nothing of host endpoints' options.
  if (kind === 'normal' && random.chance(20)) {
    return {
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkPolicy',
      metadata: { name: named, namespace: 'default' },
      spec,
    };
  }
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: named },
    spec,
  };
}

function randomProfile(context: DocumentContext, name: string): JsonDocument {
  const { random, version } = context;
  const ingress = randomRules(context, 2);
  const egress = randomRules(context, 2);
  const labels = randomLabels(context);
  return version === '2.6'
    ? {
        apiVersion: 'v1',
        kind: 'profile',
        metadata: { name, labels, tags: random.some(['blue', 'red'], 0, 2) },
        spec: { ingress, egress },
      }
    : {
        apiVersion: 'projectcalico.org/v3',
        kind: 'Profile',
        metadata: { name },
        spec: { ingress, egress, labelsToApply: labels },
      };
}
