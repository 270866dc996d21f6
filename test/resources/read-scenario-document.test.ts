import { describe, expect, test } from 'vitest';
import { readScenarioDocument } from '../../src/resources/read-scenario-document.ts';
import type { ScenarioDocument } from '../../src/resources/scenario-document.ts';
import type { Problem } from '../../src/source/problem.ts';
import { brief, readDocument } from './read-document.ts';

function scenario(spec: string): {
  readonly value: ScenarioDocument | undefined;
  readonly problems: readonly Problem[];
} {
  const text = `apiVersion: hepsim/v1\nkind: Scenario\nmetadata: {name: s}\nspec:\n${spec}`;
  return readDocument('Scenario', text, readScenarioDocument);
}

function good(spec: string): ScenarioDocument {
  const { value, problems } = scenario(spec);
  expect(problems.map(brief)).toEqual([]);
  if (value === undefined) throw new Error('nothing was read');
  return value;
}

const PACKET = 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0';

test('the example of the contract is read as written', () => {
  const read = good(`  node: node1
  resources: [../policies, ../hosts/node1.yaml]
  cases:
    - name: the world reaches the NodePort
      packet: ${PACKET}
      expect: accept
    - name: and nothing else
      packet: {proto: tcp, src: 203.0.113.7, dst: 192.0.2.10, dport: 10250}
      expect: {verdict: drop, policy: drop-other-ingress}
    - name: a whole connection
      flow:
        - packet: ${PACKET} flags=S
          expect: {verdict: accept, delivered: cali12345678901, state: new}
        - reply: {flags: SA}
          expect: {verdict: accept, delivered: eth0, state: established}
        - reply:
`);
  expect(read.node).toBe('node1');
  expect(read.resourcePaths).toEqual([
    { path: '../policies', location: { file: 'x.yaml', line: 6, column: 15 } },
    { path: '../hosts/node1.yaml', location: { file: 'x.yaml', line: 6, column: 28 } },
  ]);
  expect(read.inlineResources).toEqual([]);
  expect(read.cases.map((one) => [one.name, one.steps.length])).toEqual([
    ['the world reaches the NodePort', 1],
    ['and nothing else', 1],
    ['a whole connection', 3],
  ]);
  expect(read.cases[0]?.steps[0]).toEqual({
    packet: {
      kind: 'scalar',
      value: PACKET,
      location: { file: 'x.yaml', line: 9, column: 15 },
    },
    reply: undefined,
    expect: {
      kind: 'scalar',
      value: 'accept',
      location: { file: 'x.yaml', line: 10, column: 15 },
    },
    location: { file: 'x.yaml', line: 8, column: 7 },
  });
  expect(read.cases[1]?.steps[0]?.packet).toMatchObject({
    kind: 'map',
    entries: new Map([
      ['proto', expect.objectContaining({ value: 'tcp' })],
      ['src', expect.objectContaining({ value: '203.0.113.7' })],
      ['dst', expect.objectContaining({ value: '192.0.2.10' })],
      [
        'dport',
        { kind: 'scalar', value: 10250, location: { file: 'x.yaml', line: 12, column: 70 } },
      ],
    ]),
  });
  expect(read.cases[2]?.steps[1]?.reply).toMatchObject({
    entries: new Map([['flags', expect.objectContaining({ value: 'SA' })]]),
  });
  expect(read.cases[2]?.steps[2]).toMatchObject({
    packet: undefined,
    reply: { kind: 'map', entries: new Map() },
    expect: undefined,
  });
});

test('documents may stand among the resources', () => {
  const read = good(`  resources:
    - base.yaml
    - {apiVersion: v1, kind: Namespace, metadata: {name: a}}
  cases: [{name: a, packet: x, expect: accept}]`);
  expect(read.resourcePaths.map((one) => one.path)).toEqual(['base.yaml']);
  expect(read.inlineResources.map((one) => one.map.get('kind'))).toEqual(['Namespace']);
});

test('a version and the environment of Felix may be set, in quotes or without', () => {
  const read = good(`  calicoVersion: 3.32
  environment: {FELIX_IPV6SUPPORT: true, FELIX_IPTABLESMARKMASK: 0xff000000, FELIX_DEFAULTENDPOINTTOHOSTACTION: Drop, FELIX_X: }
  cases: [{name: a, packet: x, expect: accept}]`);
  expect(read.calicoVersion?.text).toBe('3.32');
  expect([...read.environment]).toEqual([
    ['FELIX_IPV6SUPPORT', 'true'],
    ['FELIX_IPTABLESMARKMASK', '0xff000000'],
    ['FELIX_DEFAULTENDPOINTTOHOSTACTION', 'Drop'],
    ['FELIX_X', ''],
  ]);
  expect(
    good('  calicoVersion: "2.6"\n  cases: [{name: a, packet: x, expect: drop}]'),
  ).toMatchObject({ calicoVersion: { text: '2.6' } });
});

test('invariants are read: values, lists, ranges, blocks and negations', () => {
  const read = good(`  invariants:
    - name: etcd only from the masters
      packets: {in: eth0, proto: tcp, dport: 2379, src: {not: [192.0.2.0/28]}}
      expect: drop
    - name: everything else
      packets:
        in: [eth0, local]
        proto: [udp, 132]
        dst: "2001:db8::/32"
        sport: {not: 1000-2000}
        dport: [22, 80-90]
        mark: 0x10
        flags: SA
        state: established
      expect: {verdict: accept, policy: x}
    - {name: all, packets: {}, expect: undetermined}
`);
  expect(read.invariants.map((one) => one.name)).toEqual([
    'etcd only from the masters',
    'everything else',
    'all',
  ]);
  expect(read.invariants[0]?.packets).toMatchObject({
    kind: 'map',
    entries: expect.objectContaining({ size: 4 }),
  });
  expect(read.invariants[0]?.location.line).toBe(6);
});

describe('what could not be run, or would always pass, is refused with the place', () => {
  test.each<[string, string]>([
    ['  node: a', '5:3 missing-field: the scenario has no `cases` and no `invariants`'],
    ['  cases: []', '5:3 missing-field: the scenario has no `cases` and no `invariants`'],
    [
      '  cases: [{packet: x, expect: accept}]',
      '5:11 missing-field: Scenario.spec.cases has no `name`',
    ],
    [
      '  cases: [{name: a, expect: accept}]',
      '5:11 missing-field: the case has no `packet` and no `flow`',
    ],
    [
      '  cases: [{name: a, packet: x, flow: [{packet: x, expect: drop}], expect: drop}]',
      '5:32 invalid-combination: the case has both `packet` and `flow`',
    ],
    ['  cases: [{name: a, packet: x}]', '5:11 missing-field: the case expects nothing'],
    ['  cases: [{name: a, flow: [{packet: x}]}]', '5:11 missing-field: the case expects nothing'],
    ['  cases: [{name: a, flow: []}]', '5:27 missing-field: the flow is empty'],
    [
      '  cases: [{name: a, flow: [{packet: x, expect: drop}], expect: drop}]',
      '5:56 invalid-combination: a flow has no `expect` of its own',
    ],
    [
      '  cases: [{name: a, flow: [{reply: {}, expect: drop}]}]',
      '5:29 invalid-combination: a flow cannot begin with a reply',
    ],
    [
      '  cases: [{name: a, flow: [{packet: x, reply: {}, expect: drop}]}]',
      '5:40 invalid-combination: the step has both `packet` and `reply`',
    ],
    [
      '  cases: [{name: a, flow: [{expect: drop}]}]',
      '5:28 missing-field: the step has no `packet` and no `reply`',
    ],
    [
      '  cases: [{name: a, flow: [{packet: x, expect: drop, state: new}]}]',
      '5:54 unknown-field: Scenario.spec.cases.flow has no field `state`',
    ],
    [
      '  cases: [{name: a, packet: 5, expect: drop}]',
      '5:29 wrong-type: `packet` must be a line or a mapping, but is the number `5`',
    ],
    [
      '  cases: [{name: a, flow: [{packet: x, expect: drop}, {reply: SA}]}]',
      '5:63 wrong-type: `reply` must be a mapping of packet fields, but is the string `SA`',
    ],
    [
      '  cases: [{name: a, packet: x, expect: accpet}]',
      '5:40 invalid-expectation: `accpet` is no verdict',
    ],
    [
      '  cases: [{name: a, packet: x, expect: [drop]}]',
      '5:40 wrong-type: `expect` must be a verdict or a mapping of result fields, but is a list',
    ],
    [
      '  cases: [{name: a, packet: x, expect: drop}, {name: a, packet: x, expect: drop}]',
      '5:54 warning duplicate-name: two cases are called `a`',
    ],
    [
      '  cases: [{name: a, packet: x, expect: drop}]\n  resources: [5]',
      '6:15 wrong-type: an element of `resources` must be a path or a document, but is the number `5`',
    ],
    [
      '  cases: [{name: a, packet: x, expect: drop}]\n  calicoVersion: 3.10',
      '6:18 invalid-value: `calicoVersion` is `3.10`',
    ],
    [
      '  cases: [{name: a, packet: x, expect: drop}]\n  environment: {HOME: x}',
      '6:17 invalid-name: `HOME` is no variable that Felix reads',
    ],
    [
      '  cases: [{name: a, packet: {src: x, src: y}, expect: drop}]',
      '5:38 duplicate-key: the field `src` is written twice',
    ],
    [
      '  invariants: [{packets: {}, expect: drop}]',
      '5:16 missing-field: Scenario.spec.invariants has no `name`',
    ],
    [
      '  invariants: [{name: a, expect: drop}]',
      '5:16 missing-field: the invariant has no `packets`',
    ],
    ['  invariants: [{name: a, packets: {}}]', '5:16 missing-field: the invariant has no `expect`'],
    [
      '  invariants: [{name: a, packets: {prot: tcp}, expect: drop}]',
      '5:36 unknown-field: Scenario.spec.invariants.packets has no field `prot`',
    ],
    [
      '  invariants: [{name: a, packets: {dport: 90-80}, expect: drop}]',
      '5:43 invalid-value: `dport` is `90-80`',
    ],
    [
      '  invariants: [{name: a, packets: {dport: [80, 65536]}, expect: drop}]',
      '5:48 invalid-value: `dport` is `65536`',
    ],
    [
      '  invariants: [{name: a, packets: {src: {not: 10.0.0.0/40}}, expect: drop}]',
      '5:47 invalid-value: `src` is `10.0.0.0/40`',
    ],
    [
      '  invariants: [{name: a, packets: {src: {not: {not: 10.0.0.0/8}}}, expect: drop}]',
      '5:47 wrong-type: `src` must be a value, a list or {not: ...}',
    ],
    [
      '  invariants: [{name: a, packets: {src: []}, expect: drop}]',
      '5:41 invalid-value: `src` is an empty list',
    ],
    [
      '  invariants: [{name: a, packets: {in: true}, expect: drop}]',
      '5:40 invalid-value: `in` is `true`',
    ],
  ])('%s', (spec, wanted) => {
    expect(scenario(spec).problems.map(brief)).toEqual([wanted]);
  });

  test('a scenario without a spec', () => {
    const read = readDocument('Scenario', 'metadata: {name: a}', readScenarioDocument);
    expect(read.value).toBeUndefined();
    expect(read.problems.map(brief)).toEqual(['1:1 missing-field: Scenario has no `spec`']);
  });

  test('a packet that is no packet but a bomb of aliases', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) {
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    }
    const { problems } = scenario(
      `  cases: [{name: a, packet: {${bomb.join(', ')}}, expect: drop}]`,
    );
    expect(problems.map((problem) => problem.code)).toEqual(['yaml-limit']);
  });
});
