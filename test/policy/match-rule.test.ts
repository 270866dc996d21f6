import { expect, test } from 'vitest';
import { decide } from '../../src/policy/decide.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import {
  hostEndpoint,
  networkSet,
  policy,
  type RuleFields,
  rule,
  workload,
} from '../support/documents.ts';
import { type FlowFields, packetFlow } from '../support/flows.ts';
import { resolvedNode } from '../support/resolved.ts';

/** Whether an allow rule with the fields lets the packet in. */
function allows(fields: RuleFields, flow: FlowFields, version: CalicoVersion = '3.32'): boolean {
  const node = resolvedNode(version, {
    hostEndpoints: [
      hostEndpoint('a', { interfaceName: 'eth0', labels: { me: '' } }),
      hostEndpoint('db', {
        node: 'node2',
        expectedIPs: ['203.0.113.7', '2001:db8::7'],
        labels: { role: 'db' },
        ports: [{ name: 'sql', protocol: 6, port: 5432 }],
      }),
    ],
    workloadEndpoints: [
      workload('here', {
        node: 'node2',
        ipNetworks: ['192.0.2.10/32'],
        ports: [
          { name: 'web', protocol: 6, port: 80 },
          { name: 'dns', protocol: 17, port: 5353 },
        ],
      }),
    ],
    networkSets: [networkSet('net', { nets: ['203.0.113.0/29'], labels: { kind: 'net' } })],
    policies: [policy('p', { selector: 'has(me)', ingress: [rule('allow', fields)] })],
  });
  const { verdict } = decide(node, packetFlow({ in: 'eth0', dport: 4000, ...flow }));
  expect(['accept', 'drop']).toContain(verdict);
  return verdict === 'accept';
}

const V6: FlowFields = { src: '2001:db8::7', dst: '2001:db8::10' };
const tcp = (side: 'source' | 'destination', entity: RuleFields['source'] = {}): RuleFields => ({
  protocol: 'tcp',
  [side]: entity,
});

test.each<[string, RuleFields, FlowFields, boolean]>([
  ['no criteria: everything', {}, { proto: 47 }, true],
  ['no criteria: everything, IPv6 too', {}, V6, true],
  ['protocol', { protocol: 'udp' }, { proto: 'udp' }, true],
  ['another protocol', { protocol: 'udp' }, {}, false],
  ['notProtocol', { notProtocol: 'udp' }, {}, true],
  ['notProtocol that it is', { notProtocol: 'tcp' }, {}, false],
  ['ipVersion', { ipVersion: 6 }, {}, false],
  ['one of nets', { source: { nets: ['10.0.0.0/8', '203.0.113.0/24'] } }, {}, true],
  ['none of nets', { source: { nets: ['10.0.0.0/8', '203.0.114.0/24'] } }, {}, false],
  ['none of notNets', { source: { notNets: ['10.0.0.0/8', '10.1.0.0/16'] } }, {}, true],
  ['one of notNets', { source: { notNets: ['10.0.0.0/8', '203.0.113.7/32'] } }, {}, false],
  [
    'in nets but in notNets too',
    { source: { nets: ['203.0.113.0/24'], notNets: ['203.0.113.0/29'] } },
    {},
    false,
  ],
  [
    'both sides must match',
    { source: { nets: ['203.0.113.0/24'] }, destination: { nets: ['10.0.0.0/8'] } },
    {},
    false,
  ],
  ['a port', tcp('destination', { ports: [80, 4000] }), {}, true],
  ['a range of ports', tcp('destination', { ports: ['3999:4001'] }), {}, true],
  ['no such port', tcp('destination', { ports: [80, '4001:4002'] }), {}, false],
  ['a source port', tcp('source', { ports: [40000] }), {}, true],
  ['the other side’s port', tcp('source', { ports: [4000] }), {}, false],
  ['none of notPorts', tcp('destination', { notPorts: [80] }), {}, true],
  ['one of notPorts', tcp('destination', { notPorts: [80, '4000:4001'] }), {}, false],
  ['a selector, by expectedIPs', { source: { selector: "role == 'db'" } }, {}, true],
  ['a selector, IPv6', { source: { selector: "role == 'db'" } }, V6, true],
  [
    'a selector that picks others',
    { source: { selector: "role == 'db'" } },
    { src: '203.0.113.8' },
    false,
  ],
  ['a network set', { source: { selector: "kind == 'net'" } }, { src: '203.0.113.1' }, true],
  [
    'selector and nets are both needed',
    { source: { selector: "role == 'db'", nets: ['10.0.0.0/8'] } },
    {},
    false,
  ],
  ['notSelector', { source: { notSelector: "role == 'db'" } }, {}, false],
  [
    'notSelector and an unknown address',
    { source: { notSelector: 'has(role)' } },
    { src: '203.0.113.9' },
    true,
  ],
  [
    'selector !has and an unknown address',
    { source: { selector: '!has(role)' } },
    { src: '203.0.113.9' },
    false,
  ],
  ['a named port', tcp('destination', { ports: ['web'] }), { dport: 80 }, true],
  [
    'a named port’s number elsewhere',
    tcp('destination', { ports: ['web'] }),
    { dport: 80, dst: '198.51.100.1' },
    false,
  ],
  ['a named port or a number', tcp('destination', { ports: ['web', 4000] }), {}, true],
  [
    'a named port of another protocol',
    tcp('destination', { ports: ['dns'] }),
    { dport: 5353 },
    false,
  ],
  [
    'a named port without a protocol',
    { destination: { ports: ['dns'] } },
    { proto: 'udp', dport: 5353 },
    true,
  ],
  ['a named source port', tcp('source', { ports: ['sql'] }), { sport: 5432 }, true],
  ['a negated named port', tcp('destination', { notPorts: ['web'] }), { dport: 80 }, false],
  ['ICMP type', { protocol: 'icmp', icmp: { type: 8 } }, { proto: 'icmp' }, true],
  ['another ICMP type', { protocol: 'icmp', icmp: { type: 0 } }, { proto: 'icmp' }, false],
  [
    'ICMP type and code',
    { protocol: 'icmp', icmp: { type: 3, code: 4 } },
    { proto: 'icmp', icmpType: 3, icmpCode: 4 },
    true,
  ],
  [
    'another ICMP code',
    { protocol: 'icmp', icmp: { type: 3, code: 4 } },
    { proto: 'icmp', icmpType: 3, icmpCode: 1 },
    false,
  ],
  ['notICMP', { protocol: 'icmp', notICMP: { type: 8 } }, { proto: 'icmp' }, false],
  [
    'notICMP and another type',
    { protocol: 'icmp', notICMP: { type: 8 } },
    { proto: 'icmp', icmpType: 0 },
    true,
  ],
  ['ICMP without a type', { protocol: 'icmp', icmp: {} }, { proto: 'icmp' }, true],
  [
    'notICMP without a type, which excludes nothing',
    { protocol: 'icmp', notICMP: {} },
    { proto: 'icmp' },
    true,
  ],
  ['ICMPv6', { protocol: 'icmpv6', icmp: { type: 128 } }, { ...V6, proto: 'icmpv6' }, true],
  ['protocol icmp is for IPv4 alone', { protocol: 'icmp' }, { ...V6, proto: 1 }, false],
])('4: %s', (_, fields, flow, expected) => {
  expect(allows(fields, flow)).toBe(expected);
});

test('trap 15: a rule whose nets are all of the other family is gone, not one that matches anything', () => {
  for (const version of ['2.6', '3.9', '3.32'] as const) {
    expect(allows({ source: { nets: ['10.0.0.0/8'] } }, V6, version)).toBe(false);
    expect(allows({ source: { notNets: ['10.0.0.0/8'] } }, V6, version)).toBe(false);
    expect(allows({ source: { notNets: ['10.0.0.0/8', 'fd00::/8'] } }, V6, version)).toBe(true);
  }
});

test('4: a negated block of all addresses leaves nothing to match, in every version', () => {
  for (const version of ['2.6', '3.9', '3.32'] as const) {
    expect(allows({ source: { notNets: ['0.0.0.0/0'] } }, {}, version)).toBe(false);
  }
});
