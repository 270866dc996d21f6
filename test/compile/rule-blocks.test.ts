import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/compile/compile.ts';
import { hostEndpoint, policy, type RuleFields, rule } from '../support/documents.ts';
import { testHost } from '../support/hosts.ts';
import { resolvedNode } from '../support/resolved.ts';
import { run, simulator, way } from '../support/simulations.ts';

const HOST = testHost({
  interfaces: { eth0: ['192.0.2.10/24'] },
  routes: ['default via 192.0.2.1 dev eth0'],
});

/** Whether a host endpoint with this one rule lets each packet in; the same rule as deny must stop exactly those. */
function verdicts(fields: RuleFields, lines: readonly string[]): readonly boolean[] {
  const matching = lines.map((line) => accepts('allow', fields, line));
  const denied = lines.map((line) => !accepts('deny', fields, line));
  expect(denied).toEqual(matching);
  return matching;
}

function accepts(action: 'allow' | 'deny', fields: RuleFields, line: string): boolean {
  const node = resolvedNode('3.32', {
    hostEndpoints: [hostEndpoint('outside', { interfaceName: 'eth0' })],
    policies: [
      policy('one', {
        ingress:
          action === 'allow' ? [rule(action, fields)] : [rule(action, fields), rule('allow')],
      }),
    ],
  });
  const result = run(simulator([compilePolicy(node, 4)], HOST), line);
  expect(['accept', 'drop'], way(result)).toContain(result.verdict);
  return result.verdict === 'accept';
}

const tcp = (source: string, destination: string): string =>
  `tcp ${source} -> ${destination} in=eth0`;

const manyPorts = Array.from({ length: 20 }, (_, i) => 8000 + i * 10);

describe('a rule with more alternatives than one netfilter rule holds', () => {
  test('matches each of many ports, the last like the first', () => {
    const fields = { protocol: 'tcp', destination: { ports: manyPorts } };
    const packets = [8000, 8140, 8150, 8190, 8001, 8200].map((port) =>
      tcp('203.0.113.7:40000', `192.0.2.10:${port}`),
    );
    expect(verdicts(fields, packets)).toEqual([true, true, true, true, false, false]);
  });

  test('takes two places for a range, so that eight ranges still all match', () => {
    const ports = Array.from({ length: 8 }, (_, i) => `${9000 + i * 10}:${9004 + i * 10}`);
    const packets = [9000, 9004, 9005, 9070, 9074, 9075].map((port) =>
      tcp('203.0.113.7:40000', `192.0.2.10:${port}`),
    );
    expect(verdicts({ protocol: 'tcp', destination: { ports } }, packets)).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  test('asks for every list, also the third and the fourth', () => {
    const fields = {
      protocol: 'tcp',
      source: { nets: ['203.0.113.0/24', '198.51.100.0/24'], ports: manyPorts },
      destination: { nets: ['192.0.2.10/32', '192.0.2.11/32'], ports: manyPorts },
    };
    expect(
      verdicts(fields, [
        tcp('203.0.113.7:8000', '192.0.2.10:8190'),
        tcp('203.0.113.7:8001', '192.0.2.10:8190'),
        tcp('203.0.113.7:8000', '192.0.2.10:8191'),
        tcp('203.0.114.7:8000', '192.0.2.10:8190'),
      ]),
    ).toEqual([true, false, false, false]);
  });

  test('asks for the destination block after ports and source block have matched', () => {
    const fields = {
      protocol: 'tcp',
      source: { nets: ['203.0.113.0/24', '198.51.100.0/24'] },
      destination: { nets: ['192.0.2.12/32', '192.0.2.13/32'], ports: manyPorts },
    };
    expect(verdicts(fields, [tcp('203.0.113.7:40000', '192.0.2.10:8000')])).toEqual([false]);
  });

  test('matches outside all of several negated blocks', () => {
    const fields = { source: { notNets: ['203.0.113.0/24', '198.51.100.0/24'] } };
    const packets = ['203.0.113.7', '198.51.100.7', '203.0.114.7'].map((source) =>
      tcp(`${source}:40000`, '192.0.2.10:80'),
    );
    expect(verdicts(fields, packets)).toEqual([false, false, true]);
  });

  test('carves a negated block out of a wider one', () => {
    const fields = { source: { nets: ['203.0.112.0/22'], notNets: ['203.0.113.0/24'] } };
    const packets = ['203.0.112.7', '203.0.113.7', '198.51.100.7'].map((source) =>
      tcp(`${source}:40000`, '192.0.2.10:80'),
    );
    expect(verdicts(fields, packets)).toEqual([true, false, false]);
  });

  test('matches none of many negated ports', () => {
    const fields = { protocol: 'tcp', destination: { notPorts: manyPorts } };
    const packets = [8000, 8190, 8195].map((port) =>
      tcp('203.0.113.7:40000', `192.0.2.10:${port}`),
    );
    expect(verdicts(fields, packets)).toEqual([false, false, true]);
  });

  test('does not remember what a rule in front of it has matched', () => {
    const lists = (nets: readonly string[]): RuleFields => ({ source: { nets } });
    const node = resolvedNode('3.32', {
      hostEndpoints: [hostEndpoint('outside', { interfaceName: 'eth0' })],
      policies: [
        policy('one', {
          ingress: [
            rule('log', lists(['203.0.113.0/24', '203.0.114.0/24'])),
            rule('allow', lists(['198.51.100.0/24', '198.51.101.0/24'])),
          ],
        }),
      ],
    });
    const result = run(
      simulator([compilePolicy(node, 4)], HOST),
      tcp('203.0.113.7:40000', '192.0.2.10:80'),
    );
    expect(result.verdict, way(result)).toBe('drop');
  });
});

describe('a rule of one family', () => {
  test('whose blocks are all of the other family matches nothing, instead of everything', () => {
    const packet = tcp('203.0.113.7:40000', '192.0.2.10:80');
    expect(verdicts({ source: { nets: ['2001:db8::/32'] } }, [packet])).toEqual([false]);
    expect(verdicts({ source: { notNets: ['2001:db8::/32'] } }, [packet])).toEqual([false]);
    expect(verdicts({ ipVersion: 6 }, [packet])).toEqual([false]);
  });

  test('with blocks of both keeps those of its own', () => {
    const fields = { source: { nets: ['2001:db8::/32', '203.0.113.0/24'] } };
    const packets = ['203.0.113.7', '203.0.114.7'].map((source) =>
      tcp(`${source}:40000`, '192.0.2.10:80'),
    );
    expect(verdicts(fields, packets)).toEqual([true, false]);
  });

  test('that excludes every address matches none', () => {
    const packet = tcp('203.0.113.7:40000', '192.0.2.10:80');
    expect(verdicts({ source: { notNets: ['0.0.0.0/0'] } }, [packet])).toEqual([false]);
  });
});

describe('protocol and ICMP criteria', () => {
  const packets = [
    'icmp 203.0.113.7 -> 192.0.2.10 type=8 in=eth0',
    'icmp 203.0.113.7 -> 192.0.2.10 type=13 in=eth0',
    'tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0',
  ];

  test.each<[string, RuleFields, readonly boolean[]]>([
    ['an ICMP type', { protocol: 'icmp', icmp: { type: 8 } }, [true, false, false]],
    [
      'a negated ICMP type of ICMP',
      { protocol: 'icmp', notICMP: { type: 8 } },
      [false, true, false],
    ],
    ['a negated ICMP type of whatever protocol', { notICMP: { type: 8 } }, [false, true, true]],
    ['a negated ICMP type of TCP', { protocol: 'tcp', notICMP: { type: 8 } }, [false, false, true]],
    ['a negated protocol', { notProtocol: 'icmp' }, [false, false, true]],
    ['a protocol and its negation', { protocol: 'tcp', notProtocol: 'tcp' }, [false, false, false]],
    [
      'a protocol and another’s negation',
      { protocol: 'tcp', notProtocol: 'udp' },
      [false, false, true],
    ],
  ])('%s', (_what, fields, wanted) => {
    expect(verdicts(fields, packets)).toEqual(wanted);
  });
});
