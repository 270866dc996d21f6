/** The fields of a result that an expectation may name, nested ones by their dotted name. Source: the outside contract, section 2. */
export const RESULT_FIELDS: readonly string[] = [
  'verdict',
  'delivered',
  'state',
  'because',
  ...nested('final', ['src', 'sport', 'dst', 'dport', 'type', 'code']),
  ...nested('decision', [
    'kind',
    'policy',
    'tier',
    'direction',
    'ruleIndex',
    'endpoint',
    'type',
    'hook',
    'table',
    'chain',
    'rule',
    'reason',
    'source',
    'source.file',
    'source.line',
  ]),
  'decisions',
  'hops',
  'mark',
  ...nested('packet', [
    'in',
    'proto',
    'src',
    'sport',
    'dst',
    'dport',
    'flags',
    'type',
    'code',
    'id',
    'seq',
    'ack',
    'chunk',
    'mac',
    'ttl',
    'tos',
    'length',
    'mark',
    'uid',
    'gid',
    'state',
    'time',
    'quoted',
  ]),
];

/** Fields of the decision, which may be written without `decision.` in front. */
export const SHORT_FIELDS: readonly string[] = RESULT_FIELDS.filter((field) =>
  field.startsWith('decision.'),
).map((field) => field.slice('decision.'.length));

/** Fields whose values are lists. */
export const LIST_FIELDS: readonly string[] = ['because', 'decisions', 'hops'];

/** The words that a field may have, where there are but a few. */
export const FIELD_WORDS: ReadonlyMap<string, readonly (string | null)[]> = new Map<
  string,
  readonly (string | null)[]
>([
  ['verdict', ['accept', 'drop', 'reject', 'undetermined']],
  ['state', ['new', 'established', 'related', 'invalid', 'untracked', null]],
  [
    'decision.kind',
    [
      'policy',
      'profile',
      'failsafe',
      'default',
      'conntrack',
      'workload',
      'tunnel',
      'unpoliced',
      'foreign',
      'routing',
    ],
  ],
  ['decision.direction', ['ingress', 'egress', null]],
  ['decision.type', ['untracked', 'preDNAT', 'normal', 'forward', 'workload', null]],
  ['decision.hook', ['prerouting', 'input', 'forward', 'output', 'postrouting', null]],
  ['decision.table', ['raw', 'mangle', 'nat', 'filter', 'security', null]],
]);

function nested(object: string, names: readonly string[]): readonly string[] {
  return [object, ...names.map((name) => `${object}.${name}`)];
}
