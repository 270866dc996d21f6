import { LABEL_NAME, POLICY_NAME, V1_NAME } from './calico-names.ts';
import type { CalicoApi } from './metadata.ts';
import { checkName, readMetadata } from './read-metadata.ts';
import { readPolicyRules } from './read-policy-rule.ts';
import { readSelector } from './read-selector.ts';
import type { Fields, Written } from './reading/fields.ts';
import { orList, shorten } from './reading/wording.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { PolicyResource } from './resource-set.ts';

type PolicyKind = 'GlobalNetworkPolicy' | 'NetworkPolicy' | 'policy';
type Direction = 'ingress' | 'egress';

/** The prefix that calicoctl shows before the names of Kubernetes' own policies. */
const KUBERNETES_PREFIX = 'knp.default.';

const TYPE_WORDS: Readonly<Record<CalicoApi, ReadonlyMap<string, Direction>>> = {
  v1: new Map<string, Direction>([
    ['ingress', 'ingress'],
    ['egress', 'egress'],
  ]),
  v3: new Map<string, Direction>([
    ['Ingress', 'ingress'],
    ['Egress', 'egress'],
  ]),
};

/** Reads a GlobalNetworkPolicy. */
export function readGlobalNetworkPolicy(document: Fields, collector: ResourceCollector): void {
  readPolicy(document, { kind: 'GlobalNetworkPolicy', api: 'v3', collector });
}

/** Reads Calico's NetworkPolicy, which is of one namespace. */
export function readNetworkPolicy(document: Fields, collector: ResourceCollector): void {
  readPolicy(document, { kind: 'NetworkPolicy', api: 'v3', collector });
}

/** Reads the original API's policy. */
export function readV1Policy(document: Fields, collector: ResourceCollector): void {
  readPolicy(document, { kind: 'policy', api: 'v1', collector });
}

interface PolicyOptions {
  readonly kind: PolicyKind;
  readonly api: CalicoApi;
  readonly collector: ResourceCollector;
}

function readPolicy(document: Fields, options: PolicyOptions): void {
  const { kind, api, collector } = options;
  const namespaced = kind === 'NetworkPolicy';
  const { metadata, fields, nameLocation } = readMetadata(document, {
    api,
    namespaced,
    nameRule: api === 'v1' ? V1_NAME : namespaced ? ANY_POLICY_NAME : POLICY_NAME,
  });
  fields?.finish();
  const kubernetesName = namespaced && metadata.name.startsWith(KUBERNETES_PREFIX);
  if (api === 'v3' && metadata.name.includes('.') && !kubernetesName) {
    collector.useFeature(document, {
      feature: 'a policy name with a dot',
      since: '3.32',
      location: nameLocation,
    });
  }
  const spec = readSpec(document);
  document.finish();
  collector.identify(document, kind, metadata.namespace, metadata.name);
  collector.useApi(document, { api, kind, exclusive: true });
  const common = { api, kind, metadata };
  if (spec === undefined) {
    collector.policies.push({ ...common, ...EMPTY_SPEC });
    return;
  }
  const order = spec.number('order');
  const selector = readSelector(spec, 'selector', { collector });
  const types = readTypes(spec, api);
  const newer = api === 'v1' ? refuseNewer(spec) : readNewer(spec, options);
  const rules = { api, collector, namespace: metadata.namespace };
  const ingress = readPolicyRules(spec, { ...rules, direction: 'ingress' });
  const egress = readPolicyRules(spec, { ...rules, direction: 'egress' });
  const flags = namespaced ? NO_FLAGS : readFlags(spec, api);
  if (namespaced) refuseFlags(spec);
  spec.finish();
  checkFlags(spec, { api, flags, types, egressRules: egress.length });
  collector.policies.push({
    ...common,
    ...newer,
    order: order?.value,
    selector,
    types: types?.map((type) => type.value),
    ingress,
    egress,
    ...flags,
  });
}

const ANY_POLICY_NAME: typeof POLICY_NAME = {
  ...POLICY_NAME,
  pattern: new RegExp(
    `^(${KUBERNETES_PREFIX.replaceAll('.', '\\.')})?${POLICY_NAME.pattern.source.slice(1)}`,
  ),
};

const NO_FLAGS = { doNotTrack: false, preDNAT: false, applyOnForward: false };

const EMPTY_SPEC = {
  tier: 'default',
  order: undefined,
  selector: undefined,
  namespaceSelector: undefined,
  serviceAccountSelector: undefined,
  types: undefined,
  ingress: [],
  egress: [],
  ...NO_FLAGS,
} as const;

/** The spec; absent is the same as empty, and a status is of no interest. */
function readSpec(document: Fields): Fields | undefined {
  document.ignore('status');
  return document.fields('spec');
}

/** Types as written, without repetitions. */
function readTypes(spec: Fields, api: CalicoApi): readonly Written<Direction>[] | undefined {
  if (!spec.has('types')) return undefined;
  const words = TYPE_WORDS[api];
  const types: Written<Direction>[] = [];
  for (const { value: word, location } of spec.strings('types')) {
    const value = words.get(word);
    if (value === undefined) {
      spec.problem(
        'invalid-value',
        location,
        `\`types\` has \`${shorten(word)}\``,
        `Use ${orList([...words.keys()])}.`,
      );
    } else if (types.some((type) => type.value === value)) {
      spec.problem(
        'invalid-combination',
        location,
        `\`types\` has \`${word}\` twice`,
        'Remove one of the two.',
      );
    } else types.push({ value, location });
  }
  return types.length === 0 ? undefined : types;
}

type NewerFields = Pick<PolicyResource, 'tier' | 'namespaceSelector' | 'serviceAccountSelector'>;

/** Releases by which fields of policies had come. Source: calico-semantics, head and 1.2. */
const FIRST_RELEASE: Readonly<Record<string, string>> = {
  tier: '3.29',
  namespaceSelector: '3.16',
  serviceAccountSelector: '3.16',
};

/** What came with the current API, and what came with its later releases. */
function readNewer(spec: Fields, { kind, collector }: PolicyOptions): NewerFields {
  for (const name of ['tier', 'namespaceSelector', 'serviceAccountSelector', 'performanceHints']) {
    if (kind === 'NetworkPolicy' && name === 'namespaceSelector') continue;
    if (!spec.has(name)) continue;
    collector.useFeature(spec, {
      feature: `\`${name}\` of a policy`,
      since: '3.32',
      release: FIRST_RELEASE[name],
      location: spec.keyLocation(name),
    });
  }
  const tier = spec.string('tier');
  if (tier !== undefined && checkName(spec, tier, { rule: LABEL_NAME, what: 'tier' })) {
    const { context } = spec;
    collector.tierReferences.push({
      tier: tier.value,
      report: (known) =>
        context.problem(
          'unknown-reference',
          tier.location,
          `there is no tier \`${tier.value}\``,
          known,
        ),
    });
  }
  for (const { value, location } of spec.strings('performanceHints')) {
    if (value === 'AssumeNeededOnEveryNode') continue;
    spec.problem(
      'invalid-value',
      location,
      `\`performanceHints\` has \`${shorten(value)}\``,
      'Use `AssumeNeededOnEveryNode`.',
    );
  }
  return {
    tier: tier?.value || 'default',
    namespaceSelector:
      kind === 'NetworkPolicy' ? undefined : readSelector(spec, 'namespaceSelector', { collector }),
    serviceAccountSelector: readSelector(spec, 'serviceAccountSelector', { collector }),
  };
}

function refuseNewer(spec: Fields): NewerFields {
  for (const name of [
    'applyOnForward',
    'tier',
    'namespaceSelector',
    'serviceAccountSelector',
    'performanceHints',
  ]) {
    spec.refuse(
      name,
      'newer-field',
      `\`${name}\` exists since projectcalico.org/v3`,
      name === 'applyOnForward'
        ? 'Policy of the original API applies to forwarded traffic anyway: remove it, or write a GlobalNetworkPolicy.'
        : 'Write a GlobalNetworkPolicy of projectcalico.org/v3.',
    );
  }
  return { tier: 'default', namespaceSelector: undefined, serviceAccountSelector: undefined };
}

type Flags = Pick<PolicyResource, 'doNotTrack' | 'preDNAT' | 'applyOnForward'>;

function readFlags(spec: Fields, api: CalicoApi): Flags {
  return {
    doNotTrack: spec.boolean('doNotTrack')?.value ?? false,
    preDNAT: spec.boolean('preDNAT')?.value ?? false,
    applyOnForward: api === 'v3' && (spec.boolean('applyOnForward')?.value ?? false),
  };
}

function refuseFlags(spec: Fields): void {
  for (const name of ['doNotTrack', 'preDNAT', 'applyOnForward', 'namespaceSelector']) {
    spec.refuse(
      name,
      'unknown-field',
      `${spec.what} has no field \`${name}\``,
      'Only a GlobalNetworkPolicy has it.',
    );
  }
}

/** What untracked and preDNAT policy may not say. */
function checkFlags(
  spec: Fields,
  policy: {
    readonly api: CalicoApi;
    readonly flags: Flags;
    readonly types: readonly Written<Direction>[] | undefined;
    readonly egressRules: number;
  },
): void {
  const { doNotTrack, preDNAT, applyOnForward } = policy.flags;
  const refuse = (name: string, message: string, hint: string): void =>
    spec.problem('invalid-combination', spec.keyLocation(name), message, hint);
  if (doNotTrack && preDNAT) {
    refuse(
      'preDNAT',
      '`doNotTrack` and `preDNAT` are both true',
      'A policy can be one of the two.',
    );
  }
  if (preDNAT && policy.egressRules > 0) {
    refuse(
      'egress',
      'a `preDNAT` policy has egress rules',
      'Remove `egress`: it is for arriving packets.',
    );
  }
  const egress = policy.types?.find((type) => type.value === 'egress');
  if (preDNAT && egress !== undefined) {
    spec.problem(
      'invalid-combination',
      egress.location,
      'a `preDNAT` policy has the type egress',
      'Remove it: preDNAT policy is for arriving packets.',
    );
  }
  if (policy.api === 'v3' && (doNotTrack || preDNAT) && !applyOnForward) {
    const name = doNotTrack ? 'doNotTrack' : 'preDNAT';
    refuse(name, `\`${name}\` without \`applyOnForward\``, 'Add `applyOnForward: true`.');
  }
}
