import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { InputError } from '../../src/source/errors.ts';
import { problemsOf } from './problems-of.ts';

// The machine may be busy; what must not happen is a test that never ends.
vi.setConfig({ testTimeout: 60_000 });

const codes = (text: string): readonly string[] => [
  ...new Set(problemsOf(text).map((problem) => problem.split(' ')[1] ?? '')),
];

function aliasBomb(): string {
  const levels = Array.from({ length: 12 }, (_, i) => {
    const items = i === 0 ? Array(10).fill('x') : Array(10).fill(`*a${i - 1}`);
    return `a${i}: &a${i} [${items.join(', ')}]`;
  });
  return `apiVersion: hepsim/v1\nkind: Host\n${levels.join('\n')}\n`;
}

describe('ends in a clear error', () => {
  test.each<readonly [string, () => string, string]>([
    ['an alias bomb', aliasBomb, 'yaml-limit'],
    ['an alias within its own anchor', () => 'kind: &a [*a]\n', 'yaml-limit'],
    ['an alias without an anchor', () => 'kind: *nothing\n', 'yaml-limit'],
    ['deep flow lists', () => '['.repeat(100_000), 'yaml-limit'],
    ['deep flow mappings', () => '{a: '.repeat(100_000), 'yaml-limit'],
    ['deep block lists', () => '- '.repeat(100_000), 'yaml-limit'],
    [
      'deep block mappings',
      () => Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'yaml-limit',
    ],
    ['deep explicit keys', () => '? '.repeat(100_000), 'yaml-limit'],
    ['50 MB', () => 'a'.repeat(50 * 1024 * 1024), 'yaml-limit'],
    ['a long list', () => `[${'1,'.repeat(4_000_000)}]`, 'yaml-limit'],
    ['a NUL byte', () => 'kind: a\u0000b\n', 'yaml-syntax'],
    ['a tab as indentation', () => 'spec:\n\ta: 1\n', 'yaml-syntax'],
    ['a tag of JavaScript', () => 'kind: !!js/function "function(){}"\n', 'yaml-syntax'],
    ['a number as document', () => '42\n', 'wrong-type'],
    ['a mapping with a list as key', () => '? [a]\n: b\n', 'wrong-type'],
    ['merge keys that are no mapping', () => '<<: 5\n', 'wrong-type'],
  ])('%s', (_says, text, code) => {
    expect(codes(text())).toContain(code);
  });

  test('many problems in one long line', () => {
    const rules = Array.from({ length: 20_000 }, () => '{action: x}').join(',');
    const text = `{apiVersion: v1, kind: policy, metadata: {name: p}, spec: {ingress: [${rules}]}}`;
    expect(codes(text)).toEqual(['invalid-value']);
  });

  test('many unknown parameters', () => {
    const fields = Array.from({ length: 20_000 }, (_, i) => `  bpfMapSize${i}: 1`).join('\n');
    const header = 'apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\n';
    expect(codes(`${header}metadata: {name: default}\nspec:\n${fields}\n`)).toEqual([
      'unknown-field',
    ]);
  });

  test('many fields with one name', () => {
    const fields = Array.from({ length: 20_000 }, (_, i) => `a${i % 10_000}: b`).join('\n');
    expect(codes(fields)).toContain('duplicate-key');
  });
});

/** One valid document of each kind of Calico, to be mutated. */
const VALID: readonly string[] = [
  'apiVersion: v1\nkind: policy\nmetadata: {name: p}\nspec:\n  order: 1\n  selector: has(a)\n  types: [ingress]\n  ingress:\n  - {action: allow, protocol: tcp, source: {nets: [10.0.0.0/8], tag: t}, destination: {ports: [80, "1:2"]}}\n',
  'apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p, labels: {a: b}}\nspec: {tier: default, ingress: [{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}, source: {services: {name: a, namespace: b}}}]}\n',
  'apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: h}\nspec: {node: n, interfaceName: eth0, expectedIPs: [192.0.2.1], ports: [{name: http, protocol: TCP, port: 80}]}\n',
  'apiVersion: projectcalico.org/v3\nkind: WorkloadEndpoint\nmetadata: {name: w}\nspec: {node: n, interfaceName: cali1, ipNetworks: [10.0.0.1/32], ipNATs: [{internalIP: 10.0.0.1, externalIP: 192.0.2.1}]}\n',
  'apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {failsafeInboundHostPorts: [{protocol: tcp, port: 22}], ipipEnabled: true, kubeNodePortRanges: ["1:2"]}\n',
  'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: i}\nspec: {cidr: 10.0.0.0/16, ipipMode: Always}\n',
  'apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {name: n}\nspec: {bgp: {ipv4Address: 192.0.2.1/24}, addresses: [{address: 192.0.2.2}]}\n',
  'apiVersion: projectcalico.org/v3\nkind: Profile\nmetadata: {name: p}\nspec: {labelsToApply: {a: b}, egress: [{action: Allow}]}\n',
  'apiVersion: hepsim/v1\nkind: Host\nmetadata: {name: n}\nspec: {interfaces: [{name: eth0, addresses: [192.0.2.1/24]}]}\n',
  'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80, targetPort: http}], clusterIP: 10.0.0.1}\n',
];

function neverCrashes(text: string): void {
  try {
    readResources([{ file: 'x.yaml', text }]);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
  }
}

describe('never crashes', () => {
  test.each(VALID)('%j is valid as it stands', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test('on random text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        neverCrashes(new TextDecoder('latin1').decode(bytes)),
      ),
      {
        numRuns: 500,
      },
    );
  });

  test('on random YAML punctuation', () => {
    const unit = fc.constantFrom(...'-:?[]{},&*!|>%#"\' \n\tab1<~'.split(''));
    fc.assert(fc.property(fc.string({ unit, maxLength: 120 }), neverCrashes), { numRuns: 1000 });
  });

  test('on valid documents with a stretch replaced', () => {
    const stretch = fc.oneof(
      fc.constantFrom(
        'null',
        '[]',
        '{}',
        '~',
        '""',
        '1e999',
        '.nan',
        '-1',
        '{a: [b]}',
        '[[1]]',
        '&a',
        '*a',
        '!!binary x',
        '|',
        '\n',
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...VALID),
        fc.nat(400),
        fc.nat(20),
        stretch,
        (text, at, length, put) => {
          neverCrashes(text.slice(0, at) + put + text.slice(at + length));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('on wrong types everywhere', () => {
    const values = /(?<=[:\-,[] )[^\s{}[\],:]+(?=[,\]}\n])/g;
    const wrong = ['5', 'true', 'null', '[x]', '{x: y}', '""', '1.5', '"\\u0000"'];
    for (const text of VALID) {
      for (const { index, 0: value } of text.matchAll(values)) {
        for (const put of wrong)
          neverCrashes(text.slice(0, index) + put + text.slice(index + value.length));
      }
    }
  });
});
