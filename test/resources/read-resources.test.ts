import { describe, expect, test } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { separateJson } from '../../src/resources/reading/json-boundaries.ts';
import { messageOf, policyWith, problemsOf, read } from './problems-of.ts';

const hep = (name: string, node = 'n1'): string =>
  `apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: ${name}}\nspec: {node: ${node}, interfaceName: eth0}\n`;
const v1Hep = (name: string, node = 'n1'): string =>
  `apiVersion: v1\nkind: hostEndpoint\nmetadata: {name: ${name}, node: ${node}}\nspec: {interfaceName: eth0}\n`;
const tier = (name: string, spec: string): string =>
  `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

describe('forms of files', () => {
  const names = (text: string): readonly string[] =>
    read(text).hostEndpoints.map((endpoint) => endpoint.metadata.name);

  test('several documents, empty ones among them', () => {
    expect(names(`---\n---\n${hep('a')}---\n# nothing\n---\n${hep('b')}...\n`)).toEqual(['a', 'b']);
  });

  test('a bare list of resources', () => {
    const item = (name: string): string => `- ${hep(name).trimEnd().replaceAll('\n', '\n  ')}\n`;
    expect(names(item('a') + item('b'))).toEqual(['a', 'b']);
  });

  test.each([
    'apiVersion: v1\nkind: List',
    'apiVersion: projectcalico.org/v3\nkind: HostEndpointList',
  ])('a list of the kind %j', (header) => {
    const item = `  - ${hep('a').trimEnd().replaceAll('\n', '\n    ')}\n`;
    expect(names(`${header}\nmetadata: {resourceVersion: ""}\nitems:\n${item}`)).toEqual(['a']);
  });

  test('JSON', () => {
    const json = JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'HostEndpoint',
      metadata: { name: 'a', uid: 'x', annotations: { a: 'b' } },
      spec: { node: 'n', expectedIPs: ['192.0.2.1'] },
      status: {},
    });
    expect(names(json)).toEqual(['a']);
  });

  const json = (name: string): string =>
    JSON.stringify({
      apiVersion: 'projectcalico.org/v3',
      kind: 'HostEndpoint',
      metadata: { name, annotations: { a: '}{ "', b: "{'" } },
      spec: { node: 'n', expectedIPs: ['192.0.2.1'] },
    });

  test.each([
    ['', ''],
    [' ', ''],
    ['\n', ''],
    ['\r\n\t# b\n', ''],
    ['\n---\n', ''],
    ['\n', '---\n'],
  ])('JSON documents with %j between them, and %j before', (between, before) => {
    expect(names([before + json('a'), json('b'), json('c')].join(between))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('JSON documents are separated for whoever parses them as YAML', () => {
    const [a, b] = [json('a'), json('b')];
    expect(separateJson(`# c\n${a}${b}\n`)).toBe(`# c\n${a}\n---\n${b}\n`);
    const others = `x: {a: 1}\ny: |\n  {\n  {\n---\n[{}, {}]\n---\n- {}\n- {}\n---\n${a}\n---\n{}`;
    expect(separateJson(others)).toBe(others);
  });

  test('problems of JSON documents are where they are', () => {
    const wrong = json('b').replace('"node"', '"nod":"n","node"');
    const column = wrong.indexOf('"nod"') + 1;
    expect(problemsOf([json('a'), wrong, json('c')].join('\n'))).toEqual([
      `2:${column} unknown-field`,
    ]);
    expect(problemsOf(`${json('a')}\n${json('b')}\nx: {}\n`)).toEqual(['3:1 yaml-syntax']);
    expect(problemsOf(`x: {}\n${json('b')}`)).toEqual(['2:1 yaml-syntax']);
    expect(problemsOf(`- ${json('a')}\n${json('b')}`)).toEqual(['2:1 yaml-syntax']);
    expect(problemsOf(`[${json('a')}]\n[${json('b')}]`)).toEqual(['2:1 yaml-syntax']);
  });

  test('anchors, aliases and merge keys', () => {
    const text = `${hep('a')}  \n---\n- &base {apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: b}, spec: &spec {node: n, interfaceName: eth0}}\n- {<<: *base, metadata: {name: c}, spec: *spec}\n`;
    expect(names(text)).toEqual(['a', 'b', 'c']);
  });

  test('order and file boundaries carry no meaning', () => {
    const policy = policyWith('v3', '{tier: mine}');
    const files = (texts: readonly string[]) =>
      readResources(texts.map((text, i) => ({ file: `${i}.yaml`, text })));
    expect(files([policy, tier('mine', '{order: 5}')]).version).toBe('3.32');
    expect(files([`${tier('mine', '{order: 5}')}---\n${policy}`]).policies[0]?.tier).toBe('mine');
  });
});

describe('kinds', () => {
  test('the CRD spelling of the API is read', () => {
    const text = hep('a').replace('projectcalico.org/v3', 'crd.projectcalico.org/v1');
    expect(read(text).hostEndpoints).toHaveLength(1);
  });

  test.each([
    [
      hep('a').replace('HostEndpoint', 'HostEndpont'),
      '2:7 unknown-kind',
      'Did you mean `HostEndpoint`?',
    ],
    [
      v1Hep('a').replace('hostEndpoint', 'hostendpoint'),
      '2:7 unknown-kind',
      'Did you mean `hostEndpoint`?',
    ],
    [
      v1Hep('a').replace('hostEndpoint', 'HostEndpoint'),
      '2:7 unknown-kind',
      'a kind of projectcalico.org/v3',
    ],
    [
      hep('a').replace('calico.org/v3', 'calico.org/v2'),
      '1:13 unknown-kind',
      'Did you mean `projectcalico.org/v3`?',
    ],
    ['kind: HostEndpoint\n', '1:1 missing-field', 'has no `apiVersion`'],
    ['hello\n', '1:1 wrong-type', 'must be a mapping'],
  ])('%j is refused', (text, problem, words) => {
    expect(problemsOf(text)).toEqual([problem]);
    expect(messageOf(text)).toContain(words);
  });

  test.each(['BGPPeer', 'StagedGlobalNetworkPolicy', 'SomethingQuiteNew'])(
    '%s is noted once and ignored',
    (kind) => {
      const text = `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: {name: a}\nspec: {b: 1}\n`;
      const { warnings } = read(`${text}---\n${text}`);
      expect(warnings.map(({ code, location }) => [code, location.line])).toEqual([
        ['ignored-kind', 2],
      ]);
    },
  );
});

describe('manifests of Kubernetes beside the documents', () => {
  test.each([
    ['apps/v1', 'Deployment'],
    ['v1', 'ConfigMap'],
    ['batch/v1', 'CronJob'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['networking.k8s.io/v1', 'Ingress'],
  ])('%s %s is noted once and ignored', (apiVersion, kind) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\nspec: {b: 1}\n`;
    const { warnings } = read(`${text}---\n${text}`);
    expect(warnings.map(({ code, location }) => [code, location.line])).toEqual([
      ['ignored-kind', 2],
    ]);
  });

  test.each([
    ['v1', 'Servce', '2:7 unknown-kind'],
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', '1:13 unknown-kind'],
    ['extensions/v1beta1', 'NetworkPolicy', '1:13 unknown-kind'],
  ])('%s %s, which may say something of packets, is refused', (apiVersion, kind, problem) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\nspec: {}\n`;
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe('versions', () => {
  test.each([
    ['documents of the original API', v1Hep('a'), '2.6'],
    ['documents of the current API', hep('a'), '3.9'],
    ['a tier', tier('mine', '{order: 1}'), '3.32'],
    [
      'SCTP ports',
      policyWith('v3', '{egress: [{action: Allow, protocol: SCTP, source: {ports: [1]}}]}'),
      '3.32',
    ],
    [
      'a policy name with a dot',
      policyWith('v3', '{}').replace('name: p', 'name: default.p'),
      '3.32',
    ],
    ['no documents', '', '3.9'],
  ])('%s', (_says, text, version) => {
    expect(read(text).version).toBe(version);
  });

  test('the reason names the feature and its place', () => {
    expect(read(policyWith('v3', '{tier: default}')).versionReason).toBe(
      '`tier` of a policy (x.yaml:4:8) is newer than Calico 3.9',
    );
  });

  test('the current API in Calico 2.6, and the original one in 3.9, are refused', () => {
    expect(problemsOf(hep('a'), { version: '2.6' })).toEqual(['1:13 newer-field']);
    expect(problemsOf(v1Hep('a'), { version: '3.9' })).toEqual(['1:13 invalid-combination']);
  });

  test('mixed APIs name one document of each', () => {
    const text = `${v1Hep('a')}---\n${hep('b')}`;
    expect(problemsOf(text)).toEqual(['6:13 mixed-apis']);
    expect(messageOf(text)).toContain('see also x.yaml:1:13');
  });

  test('a node of the original API may stand beside documents of the current one', () => {
    expect(read(`${hep('b')}---\napiVersion: v1\nkind: node\nmetadata: {name: n1}\n`).version).toBe(
      '3.9',
    );
  });
});

describe('identities', () => {
  test('the same name twice names the other place', () => {
    const text = `${hep('a')}---\n${hep('b')}---\n${hep('a', 'n2')}`;
    expect(problemsOf(text)).toEqual(['13:18 duplicate-name']);
    expect(messageOf(text)).toContain('see also x.yaml:1:1');
  });

  test('host endpoints of the original API are named within their node', () => {
    expect(problemsOf(`${v1Hep('a')}---\n${v1Hep('a', 'n2')}`)).toEqual([]);
    expect(problemsOf(`${v1Hep('a')}---\n${v1Hep('a')}`)).toEqual(['8:18 duplicate-name']);
  });

  test('namespaced policies are named within their namespace', () => {
    const policy = (namespace: string): string =>
      `apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: ${namespace}}\nspec: {}\n`;
    expect(problemsOf(`${policy('a')}---\n${policy('b')}`)).toEqual([]);
    expect(problemsOf(`${policy('default')}---\n${policy('""')}`)).toEqual(['8:18 duplicate-name']);
  });

  test('a field that is written twice names the other place', () => {
    const text = policyWith('v3', '{order: 1, order: 2}');
    expect(problemsOf(text)).toEqual(['4:18 duplicate-key']);
    expect(messageOf(text)).toContain('see also x.yaml:4:8');
  });
});

describe('unknown fields', () => {
  test('are errors with the nearest name', () => {
    expect(messageOf(policyWith('v3', '{odrer: 1}'))).toContain('Did you mean `order`?');
  });

  test('are warnings when lenient', () => {
    const set = read(policyWith('v3', '{odrer: 1}'), { lenient: true });
    expect(set.warnings.map((warning) => warning.code)).toEqual(['unknown-field']);
  });

  test('cannot be smuggled in by the names of JavaScript', () => {
    const text = policyWith('v3', '{__proto__: {doNotTrack: true}, constructor: 1}');
    expect(problemsOf(text)).toEqual(['4:8 unknown-field', '4:39 unknown-field']);
  });
});

test('all problems of all files come out in one run, in order', () => {
  const texts = [
    { file: 'a.yaml', text: policyWith('v3', '{selector: "a ==", order: x}') },
    { file: 'b.yaml', text: 'a: [1\n' },
    { file: 'c.yaml', text: hep('UPPER') },
  ];
  expect(() => readResources(texts)).toThrowError(
    expect.objectContaining({
      problems: [
        expect.objectContaining({ code: 'invalid-selector' }),
        expect.objectContaining({ code: 'wrong-type' }),
        expect.objectContaining({ code: 'yaml-syntax' }),
        expect.objectContaining({ code: 'invalid-name' }),
      ],
    }),
  );
});

test('a rule stands where its first field stands', () => {
  const text =
    'apiVersion: v1\nkind: policy\nmetadata:\n  name: p\nspec:\n  ingress:\n    - action: allow\n    -\n      protocol: tcp\n      action: deny\n';
  const rules = read(text).policies[0]?.ingress ?? [];
  expect(rules.map(({ location }) => [location.line, location.column])).toEqual([
    [7, 7],
    [9, 7],
  ]);
});

test('the tiers that Calico fixes must have their orders', () => {
  expect(problemsOf(tier('default', '{order: 1000000}'))).toEqual([]);
  expect(problemsOf(tier('kube-admin', '{order: 1000, defaultAction: Pass}'))).toEqual([]);
  expect(problemsOf(tier('kube-baseline', '{order: 10000000}'))).toEqual([]);
  expect(problemsOf(tier('default', '{order: 5}'))).toEqual(['4:15 invalid-value']);
  expect(problemsOf(tier('mine', '{order: 5, defaultAction: Allow}'))).toEqual([
    '4:33 invalid-value',
  ]);
});
