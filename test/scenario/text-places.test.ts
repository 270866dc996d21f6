import { expect, test } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { InputError } from '../../src/source/errors.ts';
import { packet } from '../support/packets.ts';

const RULES = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n';
const HOST = {
  apiVersion: 'hepsim/v1',
  kind: 'Host',
  metadata: { name: 'node1' },
  spec: { interfaces: [{ name: 'eth0', addresses: ['192.0.2.1/24'] }], iptables: RULES },
};
const head = `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.1/24]}]
`;

function modelOf(text: string): NodeModel {
  return new NodeModel(readResources([{ file: 'host', text }]), {
    node: 'node1',
    machine: 'node1',
    environment: new Map(),
    asIs: true,
  });
}

function decidingLine(text: string): number | undefined {
  const simulator = modelOf(text).simulator(4);
  return simulator.run(packet('tcp 192.0.2.9:1 -> 192.0.2.1:22 in=eth0')).decision.source?.line;
}

function problem(text: string): string {
  try {
    modelOf(text).simulator(4);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [{ location, message } = { location: undefined, message: '' }] = error.problems;
    return `${location?.line}:${location?.column} ${message}`;
  }
  return '';
}

test('a rule of a block of text is where the block has it', () => {
  const block = `${head}  iptables: |\n    ${RULES.trim().replaceAll('\n', '\n    ')}\n`;
  expect(decidingLine(block)).toBe(9);
});

test.each([
  ['JSON on one line', JSON.stringify(HOST), 1],
  ['JSON', JSON.stringify(HOST, null, 2), 16],
  ['double quotes', `${head}  iptables: ${JSON.stringify(RULES)}\n`, 6],
])('a rule of a text in %s is where the text begins', (_, text, line) => {
  expect(decidingLine(text)).toBe(line);
});

test('a message about such a text says which of its own lines is meant', () => {
  const broken = JSON.stringify(HOST, null, 2).replace('--dport 22', '--dport x22');
  expect(problem(broken)).toBe(
    '16:1 --dport `x22` is not a port or a range of ports from 0 to 65535 (line 3 of the text)',
  );
});
