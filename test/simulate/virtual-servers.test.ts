import { expect, test } from 'vitest';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { outcome, run, simulator, way } from '../support/simulations.ts';

/** A node whose kube-proxy works in ipvs mode: a ClusterIP on its dummy device, and one node port in its set. */
const host = testHost({
  interfaces: {
    eth0: ['192.0.2.1/24'],
    eth1: ['198.51.100.1/24'],
    'kube-ipvs0': ['10.96.0.10/32'],
  },
  routes: ['default via 198.51.100.254 dev eth1'],
});
const SETS = `create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
  add KUBE-NODE-PORT-TCP 31852`;

function verdict(packet: string, rules = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT'): string {
  return outcome(run(simulator([foreignRules(rules, 4, SETS)], host), packet));
}

test.each([
  ['to a Service address', 'tcp 203.0.113.7:40000 -> 10.96.0.10:443 in=eth0'],
  ['to a node port', 'tcp 203.0.113.7:40000 -> 192.0.2.1:31852 in=eth0'],
  ['from the host itself to a Service address', 'tcp 192.0.2.1:40000 -> 10.96.0.10:443 in=local'],
])('a packet %s may go to a virtual server, which nobody knows', (_, packet) => {
  const result = run(simulator([foreignRules('', 4, SETS)], host), packet);
  expect(result.verdict, way(result)).toBe('undetermined');
  expect(result.because?.join()).toContain('virtual server of IPVS');
});

test.each([
  ['to another port of the node', 'tcp 203.0.113.7:40000 -> 192.0.2.1:22 in=eth0', 'accept local'],
  ['by another protocol', 'udp 203.0.113.7:40000 -> 192.0.2.1:31852 in=eth0', 'accept local'],
  ['that goes through', 'tcp 192.0.2.9:40000 -> 198.51.100.9:31852 in=eth0', 'accept eth1'],
])('a packet %s goes its way', (_, packet, wanted) => {
  expect(verdict(packet)).toBe(wanted);
});

const SERVICES = `create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
  add KUBE-CLUSTER-IP 10.96.0.10,tcp:443
  add KUBE-CLUSTER-IP 10.96.0.10,udp:53`;

test.each([
  ['a port that a Service has', 'tcp 203.0.113.7:40000 -> 10.96.0.10:443 in=eth0', 'undetermined'],
  [
    'the same port of another protocol',
    'udp 203.0.113.7:443 -> 10.96.0.10:443 in=eth0',
    'accept local',
  ],
  ['a port that none has', 'tcp 203.0.113.7:40000 -> 10.96.0.10:80 in=eth0', 'accept local'],
  ['no port at all', 'icmp 203.0.113.7 -> 10.96.0.10 type=8 in=eth0', 'accept local'],
  [
    'whom an error concerns',
    'icmp 203.0.113.7 -> 10.96.0.10 type=3 code=1 in=eth0',
    'undetermined',
  ],
])(
  'where the sets of kube-proxy tell the Services, only those are not known: %s',
  (_, packet, wanted) => {
    const rules = foreignRules('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT', 4, `${SETS}\n${SERVICES}`);
    expect(outcome(run(simulator([rules], host), packet))).toBe(wanted);
  },
);

test('what table filter drops in INPUT never comes to a virtual server', () => {
  const rules = '*filter\n:INPUT DROP [0:0]\nCOMMIT';
  expect(verdict('tcp 203.0.113.7:40000 -> 10.96.0.10:443 in=eth0', rules)).toBe('drop');
});

test('without the dummy device of kube-proxy the sets mean nothing', () => {
  const on = simulator([foreignRules('', 4, SETS)]);
  const packet = 'tcp 203.0.113.7:40000 -> 192.0.2.1:31852 in=eth0';
  expect(outcome(run(on, packet))).toBe('accept local');
});
