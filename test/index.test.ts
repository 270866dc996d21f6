import { expect, test } from 'vitest';
import { compile, readResources, renderIptables, simulate, UsageError } from '../src/index.ts';
import { TO_OTHER, TO_WEB, WEB_POLICY } from './cli/run-cli.ts';

const resources = readResources([{ file: 'web.yaml', text: WEB_POLICY }]);

test('from documents to verdicts without the command line', () => {
  const results = simulate(resources, [TO_WEB, TO_OTHER]);
  expect(results.map(({ verdict }) => verdict)).toEqual(['accept', 'drop']);
  expect(results[0]?.decision).toMatchObject({
    kind: 'policy',
    policy: 'web',
    source: { file: 'web.yaml', line: 16 },
  });
});

test('packets share one connection table', () => {
  const answer = {
    in: 'local',
    proto: 'tcp',
    src: '192.0.2.10',
    sport: 80,
    dst: '203.0.113.7',
    dport: 40000,
    flags: 'SA',
  };
  expect(simulate(resources, [TO_WEB, answer])[1]).toMatchObject({
    verdict: 'accept',
    state: 'established',
  });
  expect(simulate(resources, [answer])[0]).toMatchObject({ verdict: 'drop', state: 'invalid' });
});

test('compiles for both families', () => {
  const { node, rulesets } = compile(resources);
  expect(node).toBe('node1');
  expect(rulesets.map(({ family }) => family)).toEqual([4, 6]);
  expect(renderIptables(rulesets[0])).toContain('*filter');
});

test('a packet by an interface that the host does not have is refused', () => {
  const packet = TO_WEB.replace('in=eth0', 'in=eth7');
  expect(() => simulate(resources, [packet])).toThrow(UsageError);
});

test('what is not a packet is refused, and so is a node that nobody names', () => {
  expect(() => simulate(resources, ['tcp here -> there'])).toThrow(/not a packet/);
  expect(() => simulate(readResources([]), [TO_WEB])).toThrow(/node/);
});
