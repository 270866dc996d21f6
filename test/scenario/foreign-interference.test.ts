import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { PolicyOracle } from '../../src/scenario/policy-oracle.ts';
import { Random } from '../../src/selftest/random.ts';
import { testHost } from '../support/hosts.ts';
import { packet } from '../support/packets.ts';
import { TEST_SEED } from '../support/seed.ts';

const SEED = TEST_SEED ?? Math.floor(Math.random() * 2 ** 32);

const POLICY = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: eth0, labels: {role: edge}}
spec: {node: test, interfaceName: eth0}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: edge}
spec:
  selector: role == 'edge'
  applyOnForward: true
  types: [Ingress, Egress]
  ingress:
    - {action: Deny, source: {nets: [192.0.2.70/32]}}
    - {action: Allow, protocol: TCP, destination: {ports: [80, 443]}}
  egress:
    - {action: Allow, protocol: TCP}
`;

const NAMES = ['kube-proxy', 'docker', 'firewalld', 'ufw'];
const MODES = ['insert', 'append'];

function modelOf(name: string, mode: string): NodeModel {
  const text = readFileSync(join(import.meta.dirname, `../fixtures/hosts/${name}.save`), 'utf8');
  return new NodeModel(readResources([{ file: 'policy.yaml', text: POLICY }]), {
    machine: 'test',
    environment: new Map([['FELIX_CHAININSERTMODE', mode]]),
    host: {
      ...testHost(),
      iptables: { text, location: { file: 'host.yaml', line: 1, column: 1 } },
    },
  });
}

function randomLine(random: Random): string {
  const from = random.pick(['eth0', 'eth1', 'local']);
  const source =
    from === 'local'
      ? '192.0.2.1'
      : random.pick(['192.0.2.10', '192.0.2.66', '192.0.2.70', '8.8.8.8']);
  const destination = random.pick([
    '192.0.2.1',
    '198.51.100.9',
    '192.0.2.10',
    '10.96.0.1',
    '10.96.14.200',
  ]);
  const port = random.pick([22, 53, 80, 443, 2222, 8080, 31852]);
  const protocol = random.pick(['tcp', 'udp']);
  return `${protocol} ${source}:40000 -> ${destination}:${port} in=${from}`;
}

test.each(NAMES.flatMap((name) => MODES.map((mode) => [name, mode] as const)))(
  `policy and rules say the same beside the rules of %s, put in by %s (seed ${SEED})`,
  (name, mode) => {
    const model = modelOf(name, mode);
    const oracle = new PolicyOracle(model);
    const session = new PacketSession((family) => model.simulator(family));
    const random = new Random(`${SEED} ${name} ${mode}`);
    for (let i = 0; i < 150; i++) {
      session.reset();
      oracle.reset();
      const line = randomLine(random);
      const given = packet(line);
      expect(oracle.check(given, session.run(given)), line).toBeUndefined();
    }
  },
);

test('policy that drops in front of the host decides, whatever the host says', () => {
  const model = modelOf('docker', 'insert');
  const result = model.simulator(4).run(packet('tcp 192.0.2.70:1 -> 198.51.100.9:80 in=eth0'));
  expect(result.decision).toMatchObject({ kind: 'policy', policy: 'edge', ruleIndex: 0 });
});

test('a host that drops behind policy decides where policy lets go', () => {
  const model = modelOf('docker', 'append');
  const result = model.simulator(4).run(packet('tcp 192.0.2.66:1 -> 198.51.100.9:80 in=eth0'));
  expect(result).toMatchObject({
    verdict: 'drop',
    decision: { kind: 'foreign', table: 'filter', chain: 'DOCKER-USER', rule: 1 },
  });
});
