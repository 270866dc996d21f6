import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { IptablesBuild } from '../../src/lab/kernel-lab.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { checkSequences } from '../../src/selftest/check-sequence.ts';
import { LabPool } from '../../src/selftest/lab-pool.ts';
import { Random } from '../../src/selftest/random.ts';
import {
  canBeSent,
  isOpenEnd,
  runFlow,
  type SimulatedPacket,
} from '../../src/selftest/run-flow.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { describeWithKernel } from '../support/facts.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { startTestLab } from '../support/kernel-lab.ts';
import { packet } from '../support/packets.ts';
import { randomForeignRules } from '../support/random-foreign-rules.ts';
import { TEST_SEED } from '../support/seed.ts';
import { way } from '../support/simulations.ts';

const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];
const SEED = TEST_SEED ?? Math.floor(Math.random() * 2 ** 32);
const PACKETS_PER_HOST = 120;
const RANDOM_RULESETS = 30;
const PACKETS_PER_RULESET = 50;
const TIMEOUT_MS = 300_000;

/**
 * What real hosts have, as iptables-save prints it: kube-proxy's and Docker's rules, firewalld's with its iptables backend, and ufw's with the
 * rules of Debian's package (its before.rules and after.rules) and a few of a user's. firewalld and ufw themselves want to own the machine and are not run here.
 */
const HOSTS = ['kube-proxy', 'docker', 'firewalld', 'ufw'] as const;

const POLICY = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: eth0, labels: {role: edge}}
spec: {node: test, interfaceName: eth0}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: before-translation}
spec:
  selector: role == 'edge'
  order: 1
  preDNAT: true
  applyOnForward: true
  ingress:
    - {action: Deny, source: {nets: [192.0.2.70/32]}}
    - {action: Allow}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: through}
spec:
  selector: role == 'edge'
  order: 2
  applyOnForward: true
  types: [Ingress, Egress]
  ingress:
    - {action: Allow, protocol: TCP, destination: {ports: [22, 80, 443, '6443:8443']}}
    - {action: Allow, protocol: UDP}
  egress:
    - {action: Allow}
`;

const ADDRESSES = [
  ...['192.0.2.10', '192.0.2.66', '192.0.2.70', '192.0.2.1', '192.0.2.255', '198.51.100.9'],
  ...['198.51.100.1', '203.0.113.10', '203.0.113.11', '10.96.0.1', '10.96.14.200', '10.96.0.10'],
  ...['224.0.0.251', '255.255.255.255', '127.0.0.1', '8.8.8.8'],
];
const PORTS = [22, 53, 67, 80, 137, 443, 2222, 5353, 6443, 8080, 8443, 31852, 40000];
const FROM = ['eth0', 'eth0', 'eth1', 'cali0', 'local'];

/** A packet aimed at what the rules speak of. */
function aimed(random: Random): Packet {
  const from = random.pick(FROM);
  const own = random.pick(['192.0.2.1', '198.51.100.1', '203.0.113.1']);
  const source = from === 'local' ? own : random.pick(ADDRESSES);
  const destination = random.pick(ADDRESSES);
  const more = `in=${from} tos=${random.pick([0, 8, 16, 184])} ttl=${random.pick([2, 64, 255])}`;
  const protocol = random.pick(['tcp', 'tcp', 'udp', 'udp', 'icmp']);
  if (protocol === 'icmp') {
    return packet(`icmp ${source} -> ${destination} type=${random.pick([0, 8, 13])} ${more}`);
  }
  const flags = protocol === 'tcp' ? `flags=${random.pick(['S', 'S', 'A', 'SA', 'R', 'FA'])}` : '';
  const ports = [random.pick(PORTS), random.pick(PORTS)];
  return packet(`${protocol} ${source}:${ports[0]} -> ${destination}:${ports[1]} ${flags} ${more}`);
}

/** Packets each into an empty table, one by one or as a flow with answers, up to where something is left to chance. */
function sequences(simulator: Simulator, count: number, random: Random): SimulatedPacket[][] {
  const all: SimulatedPacket[][] = [];
  for (let i = 0; i < count; i++) {
    const start = aimed(random);
    if (!canBeSent(start)) continue;
    const ran = runFlow(start, new PacketSession(() => simulator), random);
    const known = random.pick([0, 1]) === 1 ? ran : ran.slice(0, 1);
    const open = known.findIndex(
      ({ result }) =>
        isOpenEnd(result) || result.steps.some((step) => step.kind === 'nat' && step.byChance),
    );
    const sequence = open < 0 ? known : known.slice(0, open);
    if (sequence.length > 0) all.push([...sequence]);
  }
  return all;
}

describeWithKernel('hosts with rules of their own', () => {
  const pool = new LabPool(startTestLab);
  afterAll(() => pool.stop());
  const host = testHost();

  /** Holds kernel and simulation together; how many packets were compared. */
  async function hold(ruleset: Ruleset, count: number, random: Random): Promise<number> {
    const simulator = new Simulator({ host, rulesets: [ruleset], notModelled: [] });
    const asked = sequences(simulator, count, random);
    let compared = 0;
    for (const build of BUILDS) {
      const lab = await pool.take(host, { build, lane: 0 });
      await lab.load([ruleset]);
      const traced = asked.map((packets, at) => ({ packets, trace: at % 4 === 0 }));
      const check = await checkSequences(lab, traced);
      const { difference } = check;
      const shown =
        difference === undefined
          ? ''
          : way(difference.sequence.packets[difference.at]?.result as SimulatedPacket['result']);
      expect(difference?.differences, `${build}, seed ${SEED}\n${shown}`).toBeUndefined();
      expect(check.lost).toBe(0);
      compared += check.compared;
    }
    return compared;
  }

  const textOf = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../fixtures/hosts', `${name}.save`), 'utf8');

  test.each(HOSTS)('the rules of %s alone', { timeout: TIMEOUT_MS }, async (name) => {
    const compared = await hold(
      foreignRules(textOf(name)),
      PACKETS_PER_HOST,
      new Random(`${SEED} ${name}`),
    );
    expect(compared).toBeGreaterThan(PACKETS_PER_HOST);
  });

  const modes = ['insert', 'append'] as const;
  test.each(HOSTS.flatMap((name) => modes.map((mode) => [name, mode] as const)))(
    'the rules of %s beside policy, which is put in by %s',
    { timeout: TIMEOUT_MS },
    async (name, mode) => {
      const text = textOf(name);
      const model = new NodeModel(readResources([{ file: 'policy.yaml', text: POLICY }]), {
        machine: 'test',
        environment: new Map([['FELIX_CHAININSERTMODE', mode]]),
        host: { ...host, iptables: { text, location: { file: 'host.yaml', line: 1, column: 1 } } },
      });
      const random = new Random(`${SEED} ${name} ${mode}`);
      const compared = await hold(model.ruleset(4), PACKETS_PER_HOST, random);
      expect(compared).toBeGreaterThan(PACKETS_PER_HOST);
    },
  );

  test(`random rules of every kind that can be known (seed ${SEED})`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = new Random(`${SEED} random`);
    let compared = 0;
    for (let i = 0; i < RANDOM_RULESETS; i++) {
      const { rules, sets } = randomForeignRules(random);
      compared += await hold(foreignRules(rules, 4, sets), PACKETS_PER_RULESET, random);
    }
    expect(compared).toBeGreaterThan(RANDOM_RULESETS * PACKETS_PER_RULESET);
  });
});
