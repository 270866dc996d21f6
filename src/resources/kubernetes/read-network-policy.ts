import type { Fields } from '../reading/fields.ts';
import type {
  KubernetesNetworkPolicy,
  KubernetesPeer,
  KubernetesPolicyRule,
  KubernetesSelector,
  LabelRequirement,
} from './kubernetes-resources.ts';
import { readKubernetesMetadata } from './read-kubernetes-metadata.ts';
import { readBlock, readIntOrName, readPortProtocol } from './read-kubernetes-values.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** Reads a networking.k8s.io/v1 NetworkPolicy. */
export function readKubernetesNetworkPolicy(root: Fields): KubernetesNetworkPolicy | undefined {
  const metadata = readKubernetesMetadata(root, 'namespaced');
  const spec = root.fields('spec');
  root.finish();
  if (spec === undefined) {
    root.problem('missing-field', root.location, `${root.what} has no \`spec\``);
    return undefined;
  }
  const policy = {
    podSelector: readLabelSelector(spec.fields('podSelector')) ?? [],
    types: readTypes(spec),
    ingress: spec.fieldsList('ingress').map((fields) => readRule(fields, 'from')),
    egress: spec.fieldsList('egress').map((fields) => readRule(fields, 'to')),
  };
  spec.finish();
  return metadata === undefined ? undefined : { metadata, ...policy };
}

function readTypes(spec: Fields): KubernetesNetworkPolicy['types'] {
  const types: ('ingress' | 'egress')[] = [];
  for (const { value, location } of spec.strings('policyTypes')) {
    if (value === 'Ingress') types.push('ingress');
    else if (value === 'Egress') types.push('egress');
    else {
      spec.problem(
        'invalid-value',
        location,
        `\`policyTypes\` has \`${value}\``,
        'Use `Ingress` or `Egress`.',
      );
    }
  }
  return types.length > 0 ? types : undefined;
}

function readRule(fields: Fields, side: 'from' | 'to'): KubernetesPolicyRule {
  const rule = {
    peers: fields.fieldsList(side).flatMap((peer) => readPeer(peer) ?? []),
    ports: fields.fieldsList('ports').map(readPort),
    location: fields.location,
  };
  fields.finish();
  return rule;
}

function readPort(fields: Fields): KubernetesPolicyRule['ports'][number] {
  const protocol = readPortProtocol(fields);
  const port = readIntOrName(fields, 'port');
  const endPort = fields.integer('endPort', { min: 1, max: 65535 })?.value;
  fields.finish();
  if (endPort !== undefined && (typeof port !== 'number' || endPort < port)) {
    fields.problem(
      'invalid-combination',
      fields.locationOf('endPort'),
      '`endPort` needs a `port` that is a number and not above it',
    );
  }
  return { protocol, port, endPort };
}

function readPeer(fields: Fields): KubernetesPeer | undefined {
  const block = fields.fields('ipBlock');
  const podSelector = readLabelSelector(fields.fields('podSelector'));
  const namespaceSelector = readLabelSelector(fields.fields('namespaceSelector'));
  fields.finish();
  if (block === undefined) {
    if (podSelector !== undefined || namespaceSelector !== undefined) {
      return { kind: 'pods', podSelector, namespaceSelector };
    }
    fields.problem(
      'missing-field',
      fields.location,
      `${fields.what} has no \`podSelector\`, \`namespaceSelector\` or \`ipBlock\``,
      'An empty selector `{}` selects everything.',
    );
    return undefined;
  }
  if (podSelector !== undefined || namespaceSelector !== undefined) {
    fields.problem(
      'invalid-combination',
      block.location,
      '`ipBlock` does not go with `podSelector` or `namespaceSelector`',
      'Write them as two elements of the list.',
    );
  }
  const written = block.requiredString('cidr');
  const cidr = written === undefined ? undefined : readBlock(block, written);
  const except = block.strings('except').flatMap((text) => readBlock(block, text) ?? []);
  block.finish();
  return cidr === undefined ? undefined : { kind: 'block', cidr, except };
}

function readLabelSelector(fields: Fields | undefined): KubernetesSelector | undefined {
  if (fields === undefined) return undefined;
  const requirements: LabelRequirement[] = fields
    .stringMap('matchLabels')
    .map(({ name, value }) => ({ key: name.value, operator: 'In', values: [value.value] }));
  for (const expression of fields.fieldsList('matchExpressions')) {
    const key = expression.requiredString('key')?.value;
    const operator = expression.oneOf('operator', OPERATORS)?.value;
    const values = expression.strings('values').map(({ value }) => value);
    expression.finish();
    if (key === undefined || operator === undefined) continue;
    const takesValues = operator === 'In' || operator === 'NotIn';
    if (takesValues !== values.length > 0) {
      expression.problem(
        'invalid-combination',
        expression.location,
        `operator \`${operator}\` ${takesValues ? 'needs' : 'takes no'} \`values\``,
      );
    }
    requirements.push({ key, operator, values });
  }
  fields.finish();
  return requirements;
}
