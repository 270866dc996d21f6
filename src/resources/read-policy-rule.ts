import type { IpFamily } from '../address/ip-address.ts';
import { checkRule } from './check-policy-rule.ts';
import type { CalicoApi } from './metadata.ts';
import type { IcmpFields, PolicyRule, RuleAction } from './policy-rule.ts';
import { readEntityRule } from './read-entity-rule.ts';
import { readProtocol } from './read-protocol.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** Where the rules that are read stand. */
export interface RuleOptions {
  readonly api: CalicoApi;
  readonly direction: 'ingress' | 'egress';
  readonly collector: ResourceCollector;
  /** Of the policy; undefined in a policy for the whole cluster. */
  readonly namespace: string | undefined;
}

const ACTIONS: readonly RuleAction[] = ['allow', 'deny', 'log', 'pass'];
const ACTION_WORDS: Readonly<Record<CalicoApi, ReadonlyMap<string, RuleAction>>> = {
  v1: new Map(ACTIONS.map((action) => [action, action])),
  v3: new Map(ACTIONS.map((action) => [capitalised(action), action])),
};

const NO_ANNOTATIONS: ReadonlyMap<string, string> = new Map();

/** Reads the rules of a policy or profile in one direction. */
export function readPolicyRules(spec: Fields, options: RuleOptions): readonly PolicyRule[] {
  return spec.fieldsList(options.direction).map((rule) => readPolicyRule(rule, options));
}

function readPolicyRule(fields: Fields, options: RuleOptions): PolicyRule {
  const { api } = options;
  const action = readAction(fields, api);
  const protocol = readProtocol(fields, 'protocol', api);
  const notProtocol = readProtocol(fields, 'notProtocol', api);
  const ipVersion = readIpVersion(fields);
  const icmp = readIcmp(fields, 'icmp');
  const notIcmp = readIcmp(fields, 'notICMP');
  const source = readEntityRule(fields, 'source', options);
  const destination = readEntityRule(fields, 'destination', options);
  const http = readHttp(fields, options);
  const annotations = readAnnotations(fields, options);
  fields.finish();
  checkRule(fields, {
    api,
    direction: options.direction,
    collector: options.collector,
    namespace: options.namespace,
    action,
    protocol,
    protocolWritten: fields.has('protocol'),
    notProtocol,
    ipVersion,
    icmp,
    source,
    destination,
  });
  return {
    action: action ?? 'deny',
    ipVersion,
    protocol: protocol?.value,
    notProtocol: notProtocol?.value,
    icmp,
    notIcmp,
    source: source.entity,
    destination: destination.entity,
    http,
    annotations,
    location: fields.location,
  };
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function readAction(fields: Fields, api: CalicoApi): RuleAction | undefined {
  const written = fields.requiredText('action');
  if (written === undefined) return undefined;
  const words = ACTION_WORDS[api];
  const action = words.get(written);
  // Reports: the words are all there are, and this is none of them.
  if (action === undefined) fields.oneOf('action', [...words.keys()]);
  return action;
}

function readIpVersion(fields: Fields): IpFamily | undefined {
  const version = fields.number('ipVersion');
  if (version === undefined) return undefined;
  if (version.value === 4 || version.value === 6) return version.value;
  fields.problem(
    'invalid-value',
    version.location,
    `\`ipVersion\` is ${version.value}`,
    'Use 4 or 6.',
  );
  return undefined;
}

function readIcmp(rule: Fields, name: 'icmp' | 'notICMP'): IcmpFields | undefined {
  const fields = rule.fields(name);
  if (fields === undefined) return undefined;
  const type = fields.integer('type', { min: 0, max: 254 });
  const code = fields.integer('code', { min: 0, max: 255 });
  if (code !== undefined && !fields.has('type')) {
    fields.problem(
      'invalid-combination',
      fields.keyLocation('code'),
      'an ICMP code needs a type',
      'Add `type`.',
    );
  }
  fields.finish();
  return { type: type?.value, code: code?.value };
}

/** Application-layer matching: read for its form, and said once to be none of the kernel's business. */
function readHttp(rule: Fields, options: RuleOptions): boolean {
  if (options.api === 'v1') {
    rule.refuse(
      'http',
      'newer-field',
      '`http` exists since projectcalico.org/v3',
      'The original API has no such field.',
    );
    return false;
  }
  const http = rule.fields('http');
  if (http === undefined) return false;
  http.strings('methods');
  for (const path of http.fieldsList('paths')) {
    path.string('exact');
    path.string('prefix');
    path.finish();
  }
  http.finish();
  const { context } = rule;
  const location = rule.keyLocation('http');
  options.collector.once('http', () =>
    context.problem(
      'not-modelled',
      location,
      "`http` is not part of the kernel's rules: the rule takes effect without it",
      'A proxy enforces `http`; what it would refuse is not shown.',
      'warning',
    ),
  );
  return true;
}

function readAnnotations(rule: Fields, options: RuleOptions): ReadonlyMap<string, string> {
  if (options.api === 'v1') {
    rule.refuse(
      'metadata',
      'newer-field',
      '`metadata` of a rule exists since projectcalico.org/v3',
      'The original API has no such field.',
    );
    return NO_ANNOTATIONS;
  }
  const metadata = rule.fields('metadata');
  if (metadata === undefined) return NO_ANNOTATIONS;
  options.collector.useFeature(rule, {
    feature: '`metadata` of a rule',
    since: '3.32',
    location: rule.keyLocation('metadata'),
  });
  const annotations = metadata.stringMap('annotations');
  metadata.finish();
  return new Map(annotations.map(({ name, value }) => [name.value, value.value]));
}
