import { describe, expect, test } from 'vitest';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import { messageOf, policyWith, problemsOf, read } from './problems-of.ts';

type Verdict = 'accepted' | string;

interface Row {
  readonly says: string;
  readonly spec: string;
  /** What the problem must point at: the first place of this text in the spec; one for each problem. */
  readonly at?: string | readonly string[];
  /** What each version says: `accepted`, or the codes of its problems. A missing one has no such field. */
  readonly '2.6'?: Verdict;
  readonly '3.9'?: Verdict;
  readonly '3.32'?: Verdict;
}

/** Problems as the row wants them, each with the place that it should be at. */
function wantedProblems(row: Row, spec: string, version: CalicoVersion): readonly string[] {
  const verdict = row[version] ?? '';
  if (verdict === 'accepted') return [];
  const places = [row.at ?? 'nothing says where'].flat();
  return verdict.split(', ').map((code, i) => {
    const place = places[i] ?? '';
    const offset = spec.toLowerCase().indexOf(place.toLowerCase());
    expect(offset, `\`${place}\` in \`${spec}\``).toBeGreaterThan(0);
    return `4:${'spec: '.length + offset + 1} ${code}`;
  });
}

function lowered(spec: string): string {
  return spec
    .replace(/\b(Allow|Deny|Log|Pass|TCP|UDP|ICMP|ICMPv6|SCTP|UDPLite)\b/g, (word) =>
      word.toLowerCase(),
    )
    .replace(/types: \[[^\]]*\]/g, (types) => types.toLowerCase())
    .replace(', applyOnForward: true', '');
}

const everywhere = (verdict: Verdict) => ({ '2.6': verdict, '3.9': verdict, '3.32': verdict });

const ROWS: readonly Row[] = [
  // Flags and types
  {
    says: 'untracked',
    spec: '{doNotTrack: true, applyOnForward: true}',
    ...everywhere('accepted'),
  },
  {
    says: 'untracked and preDNAT',
    at: 'preDNAT',
    spec: '{doNotTrack: true, preDNAT: true, applyOnForward: true}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'preDNAT with egress rules',
    at: 'egress',
    spec: '{preDNAT: true, egress: [{action: Allow}], applyOnForward: true}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'preDNAT with an empty egress list',
    spec: '{preDNAT: true, egress: [], applyOnForward: true}',
    ...everywhere('accepted'),
  },
  {
    says: 'preDNAT of type Egress',
    at: 'Egress',
    spec: '{preDNAT: true, types: [Ingress, Egress], applyOnForward: true}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'preDNAT of type Ingress',
    spec: '{preDNAT: true, types: [Ingress], applyOnForward: true}',
    ...everywhere('accepted'),
  },
  {
    says: 'preDNAT without applyOnForward',
    at: 'preDNAT',
    spec: '{preDNAT: true}',
    '2.6': 'accepted',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'untracked without applyOnForward',
    at: 'doNotTrack',
    spec: '{doNotTrack: true}',
    '2.6': 'accepted',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'a repeated type',
    at: 'Egress]',
    spec: '{types: [Egress, Egress]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'an unknown type',
    at: 'Ingres]',
    spec: '{types: [Ingres]}',
    ...everywhere('invalid-value'),
  },
  { says: 'a fractional negative order', spec: '{order: -1.5}', ...everywhere('accepted') },
  { says: 'an order in words', at: 'first', spec: '{order: first}', ...everywhere('wrong-type') },
  // Ports
  {
    says: 'ports with TCP',
    spec: '{ingress: [{action: Allow, protocol: TCP, destination: {ports: [80, "90", "1000:2000"]}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'ports with UDP by number',
    spec: '{ingress: [{action: Allow, protocol: 17, source: {notPorts: [53]}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'ports with ICMP',
    at: 'ports',
    spec: '{ingress: [{action: Allow, protocol: ICMP, source: {ports: [80]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ports with UDPLite, which has ports but not for rules',
    at: 'ports',
    spec: '{ingress: [{action: Allow, protocol: UDPLite, source: {ports: [80]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ports with SCTP',
    at: 'ports',
    spec: '{ingress: [{action: Allow, protocol: SCTP, source: {ports: [80]}}]}',
    '2.6': 'invalid-combination',
    '3.9': 'newer-field',
    '3.32': 'accepted',
  },
  {
    says: 'ports without a protocol',
    at: 'ports',
    spec: '{ingress: [{action: Allow, source: {ports: [80]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'notPorts without a protocol',
    at: 'notPorts',
    spec: '{ingress: [{action: Allow, source: {notPorts: [80]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ports with only a notProtocol',
    at: 'ports',
    spec: '{ingress: [{action: Allow, notProtocol: TCP, source: {ports: [80]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'named ports without a protocol',
    at: 'ports',
    spec: '{ingress: [{action: Allow, source: {ports: [http, dns]}}]}',
    '3.9': 'newer-field',
    '3.32': 'accepted',
  },
  {
    says: 'a number among named ports without a protocol',
    at: 'ports',
    spec: '{ingress: [{action: Allow, source: {ports: [http, 80]}}]}',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'a named port with TCP',
    at: 'http]',
    spec: '{ingress: [{action: Allow, protocol: TCP, source: {ports: [http]}}]}',
    '2.6': 'invalid-value',
    '3.9': 'accepted',
    '3.32': 'accepted',
  },
  ...[
    ['port 0', '0'],
    ['a range from port 0', '"0:5"'],
    ['a port above 65535', '65536'],
    ['a quoted port above 65535', '"65536"'],
    ['a range that runs backwards', '"90:80"'],
    ['half a port', '80.5'],
    ['a negative port', '-1'],
    ['a port that is a mapping', '{a: 1}'],
  ].map(([says = '', port]) => ({
    says,
    at: `${port}]`,
    spec: `{ingress: [{action: Allow, protocol: TCP, source: {ports: [${port}]}}]}`,
    ...everywhere('invalid-value'),
  })),
  {
    says: 'more than 15 ports',
    spec: `{ingress: [{action: Allow, protocol: TCP, source: {ports: [${Array.from({ length: 40 }, (_, i) => i + 1)}]}}]}`,
    ...everywhere('accepted'),
  },
  // ICMP
  {
    says: 'ICMP with type and code',
    spec: '{ingress: [{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'icmp with TCP',
    at: 'icmp:',
    spec: '{ingress: [{action: Allow, protocol: TCP, icmp: {type: 8}}]}',
    '2.6': 'accepted',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'icmp without a protocol',
    at: 'icmp:',
    spec: '{ingress: [{action: Allow, icmp: {type: 8}}]}',
    '2.6': 'accepted',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'notICMP without a protocol',
    spec: '{ingress: [{action: Allow, notICMP: {type: 8}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'an ICMP code without a type',
    at: 'code',
    spec: '{ingress: [{action: Allow, protocol: ICMP, icmp: {code: 0}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ICMP type 254',
    spec: '{ingress: [{action: Allow, protocol: ICMP, icmp: {type: 254, code: 255}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'ICMP type 255',
    at: '255',
    spec: '{ingress: [{action: Allow, protocol: ICMP, icmp: {type: 255}}]}',
    ...everywhere('invalid-value'),
  },
  {
    says: 'ICMP code 256',
    at: '256',
    spec: '{ingress: [{action: Allow, protocol: ICMP, icmp: {type: 3, code: 256}}]}',
    ...everywhere('invalid-value'),
  },
  ...(
    [
      ['protocol: ICMP, ipVersion: 6', 'ICMP,'],
      ['protocol: ICMPv6, ipVersion: 4', 'ICMPv6,'],
      ['notProtocol: ICMP, ipVersion: 6', 'ICMP,'],
    ] as const
  ).map(([fields, at]) => ({
    says: fields,
    at,
    spec: `{ingress: [{action: Allow, ${fields}}]}`,
    '2.6': 'accepted',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  })),
  {
    says: 'ICMPv6 with ipVersion 6',
    spec: '{ingress: [{action: Allow, protocol: ICMPv6, ipVersion: 6}]}',
    ...everywhere('accepted'),
  },
  // Families
  {
    says: 'blocks of both families in one list',
    at: '"fd00',
    spec: '{ingress: [{action: Allow, source: {nets: [10.0.0.0/8, "fd00::/8"]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'blocks of both families in source and destination',
    at: '"fd00',
    spec: '{ingress: [{action: Allow, source: {notNets: [10.0.0.0/8]}, destination: {nets: ["fd00::/8"]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ipVersion of another family',
    at: '10.0',
    spec: '{ingress: [{action: Allow, ipVersion: 6, source: {nets: [10.0.0.0/8]}}]}',
    ...everywhere('invalid-combination'),
  },
  {
    says: 'ipVersion of the same family',
    spec: '{ingress: [{action: Allow, ipVersion: 6, source: {nets: ["fd00::/8"]}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'ipVersion 5',
    at: '5}',
    spec: '{ingress: [{action: Allow, ipVersion: 5}]}',
    ...everywhere('invalid-value'),
  },
  {
    says: 'a block that is no block',
    at: '10.0',
    spec: '{ingress: [{action: Allow, source: {nets: [10.0.0.0/33]}}]}',
    ...everywhere('invalid-value'),
  },
  {
    says: 'a bare address as a block',
    spec: '{ingress: [{action: Allow, source: {nets: [10.0.0.1]}}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'every address in notNets',
    at: '0.0.0.0',
    spec: '{ingress: [{action: Allow, source: {notNets: [0.0.0.0/0]}}]}',
    '2.6': 'accepted',
    '3.9': 'accepted',
    '3.32': 'invalid-value',
  },
  {
    says: 'every address in nets',
    spec: '{ingress: [{action: Allow, source: {nets: [0.0.0.0/0]}}]}',
    ...everywhere('accepted'),
  },
  // Protocols and actions
  ...['0', '256', 'TCQ', '-6', '1.5', '[TCP]'].map((protocol) => ({
    says: `the protocol ${protocol}`,
    at: `${protocol}}`,
    spec: `{ingress: [{action: Allow, protocol: ${protocol}}]}`,
    ...everywhere('invalid-value'),
  })),
  {
    says: 'the protocol 255',
    spec: '{ingress: [{action: Allow, protocol: 255}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'a rule without an action',
    at: '{protocol',
    spec: '{ingress: [{protocol: TCP}]}',
    ...everywhere('missing-field'),
  },
  {
    says: 'all four actions',
    spec: '{egress: [{action: Log}, {action: Pass}, {action: Deny}, {action: Allow}]}',
    ...everywhere('accepted'),
  },
  {
    says: 'an unknown action',
    at: 'reject',
    spec: '{ingress: [{action: reject}]}',
    ...everywhere('invalid-value'),
  },
  // HTTP and services
  {
    says: 'http in an allowing TCP rule',
    at: 'http',
    spec: '{ingress: [{action: Allow, protocol: TCP, http: {methods: [GET], paths: [{exact: /a}]}}]}',
    '2.6': 'newer-field',
    '3.9': 'accepted',
    '3.32': 'accepted',
  },
  {
    says: 'http with UDP',
    at: 'http',
    spec: '{ingress: [{action: Allow, protocol: UDP, http: {methods: [GET]}}]}',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'http in a denying rule',
    at: 'http',
    spec: '{ingress: [{action: Deny, protocol: TCP, http: {methods: [GET]}}]}',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'http in egress',
    at: 'http',
    spec: '{egress: [{action: Allow, protocol: TCP, http: {methods: [GET]}}]}',
    '3.9': 'invalid-combination',
    '3.32': 'invalid-combination',
  },
  {
    says: 'services in the source of an ingress rule',
    at: 'services',
    spec: '{ingress: [{action: Allow, source: {services: {name: a, namespace: b}}}]}',
    '2.6': 'newer-field',
    '3.9': 'newer-field',
    '3.32': 'accepted',
  },
  {
    says: 'services in the destination of an ingress rule',
    at: 'services',
    spec: '{ingress: [{action: Allow, destination: {services: {name: a, namespace: b}}}]}',
    '3.32': 'invalid-combination',
  },
  {
    says: 'services with a selector',
    at: 'services',
    spec: '{egress: [{action: Allow, destination: {services: {name: a, namespace: b}, selector: all()}}]}',
    '3.32': 'invalid-combination',
  },
  {
    says: 'services with ports',
    at: 'services',
    spec: '{egress: [{action: Allow, protocol: TCP, destination: {services: {name: a, namespace: b}, ports: [1]}}]}',
    '3.32': 'invalid-combination',
  },
  // Selectors
  {
    says: 'a selector that is not closed',
    at: '"}',
    spec: '{selector: "has(a"}',
    ...everywhere('invalid-selector'),
  },
  {
    says: 'a selector with contains',
    at: '"a',
    spec: '{selector: "a contains \'b\'"}',
    '2.6': 'newer-field',
    '3.9': 'accepted',
    '3.32': 'accepted',
  },
  {
    says: 'global() as the selector of a policy',
    at: 'global',
    spec: '{selector: global()}',
    '3.32': 'invalid-selector',
  },
  {
    says: 'global() as the namespaceSelector of a rule',
    at: 'global',
    spec: '{ingress: [{action: Allow, source: {namespaceSelector: global()}}]}',
    '3.9': 'newer-field',
    '3.32': 'accepted',
  },
  {
    says: 'global() with another term',
    at: 'global',
    spec: '{ingress: [{action: Allow, source: {namespaceSelector: global() || has(a)}}]}',
    '3.32': 'invalid-selector',
  },
  // Fields of newer versions
  ...['tier: default', 'namespaceSelector: all()', 'serviceAccountSelector: all()'].map(
    (field) => ({
      says: field,
      at: field,
      spec: `{${field}}`,
      '2.6': 'newer-field',
      '3.9': 'newer-field',
      '3.32': 'accepted',
    }),
  ),
  {
    says: 'a tier that no document defines',
    at: 'mine',
    spec: '{tier: mine}',
    '3.32': 'unknown-reference',
  },
  {
    says: 'annotations of a rule',
    at: 'metadata',
    spec: '{ingress: [{action: Allow, metadata: {annotations: {a: b}}}]}',
    '2.6': 'newer-field',
    '3.9': 'newer-field',
    '3.32': 'accepted',
  },
  // Fields of the original API
  {
    says: 'net and tag',
    at: ['net:', 'tag:'],
    spec: '{ingress: [{action: Allow, source: {net: 10.0.0.0/8, tag: t}}]}',
    '2.6': 'accepted',
    '3.9': 'unknown-field, unknown-field',
    '3.32': 'unknown-field, unknown-field',
  },
  {
    says: 'net beside nets',
    at: 'net:',
    spec: '{ingress: [{action: Allow, source: {net: 10.0.0.0/8}, destination: {nets: [10.0.0.0/8]}}]}',
    '2.6': 'invalid-combination',
  },
];

describe.each(['2.6', '3.9', '3.32'] as const)('Calico %s', (version) => {
  const rows = ROWS.filter((row) => row[version] !== undefined);
  test.each(rows.map((row) => [row.says, row[version], row] as const))(
    '%s: %s',
    (_says, _verdict, row) => {
      const spec = version === '2.6' ? lowered(row.spec) : row.spec;
      const problems = problemsOf(policyWith(version === '2.6' ? 'v1' : 'v3', spec), { version });
      expect(problems).toEqual(wantedProblems(row, spec, version));
    },
  );
});

test.each([
  ['v1', '{types: [Ingress], ingress: [{action: Allow, protocol: TCP}]}', 3],
  ['v3', '{types: [ingress], ingress: [{action: allow}]}', 2],
] as const)('the words of the other API are refused in %s', (api, spec, count) => {
  const problems = problemsOf(policyWith(api, spec));
  expect(problems.map((problem) => problem.split(' ')[1])).toEqual(
    Array.from({ length: count }, () => 'invalid-value'),
  );
});

test('protocols of the current API may be spelled in any case', () => {
  const set = read(
    policyWith(
      'v3',
      '{egress: [{action: Allow, protocol: udp}, {action: Deny, protocol: IcmpV6}]}',
    ),
  );
  expect(set.policies[0]?.egress.map((rule) => rule.protocol)).toEqual([17, 58]);
});

test('ports without a protocol are explained', () => {
  const text = policyWith('v1', '{ingress: [{action: allow, destination: {ports: [80]}}]}');
  expect(messageOf(text)).toContain('Add `protocol: tcp` (or udp) to the rule');
});

test('both APIs give rules of one shape', () => {
  const original = policyWith(
    'v1',
    '{order: 1, ingress: [{action: deny, protocol: tcp, source: {net: 10.0.0.0/8}, destination: {ports: ["1:2"]}}]}',
  );
  const current = policyWith(
    'v3',
    '{order: 1, ingress: [{action: Deny, protocol: TCP, source: {nets: [10.0.0.0/8]}, destination: {ports: ["1:2"]}}]}',
  );
  const [a] = read(original).policies[0]?.ingress ?? [];
  const [b] = read(current).policies[0]?.ingress ?? [];
  expect({ ...a, location: undefined }).toEqual({ ...b, location: undefined });
  expect(a?.protocol).toBe(6);
});
