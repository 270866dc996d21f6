import { expect, test } from 'vitest';
import { parsePacketLine } from '../../src/packet/packet-text.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { PolicyOracle } from '../../src/scenario/policy-oracle.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { TO_OTHER, TO_WEB, WEB_POLICY } from '../cli/run-cli.ts';

const modelOf = (text: string): NodeModel =>
  new NodeModel(readResources([{ file: 'web.yaml', text }]), {
    machine: 'this-machine',
    environment: new Map(),
  });

const right = modelOf(WEB_POLICY);
const wrong = modelOf(WEB_POLICY.replace('[80]', '[8080]'));

const packetOf = (line: string) => {
  const parsed = parsePacketLine(line);
  if (parsed.kind !== 'packet') throw new Error(`not a packet: ${line}`);
  return parsed.packet;
};

/** Runs packets through the rules of one model and asks the policy of another what it says. */
const check = (rules: NodeModel, policy: NodeModel, lines: readonly string[]) => {
  const session = new PacketSession((family) => rules.simulator(family));
  const oracle = new PolicyOracle(policy);
  return lines.map((line) => {
    const packet = packetOf(line);
    return oracle.check(packet, session.run(packet));
  });
};

const ANSWER = 'tcp 192.0.2.10:80 -> 203.0.113.7:40000 in=local flags=SA';

test('rules that say what policy says are no disagreement', () => {
  expect(check(right, right, [TO_WEB, ANSWER, TO_OTHER])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('rules that accept what policy drops are one, and the other way round', () => {
  const [accepted, , dropped] = check(right, wrong, [TO_WEB, ANSWER, TO_OTHER]);
  expect(accepted?.rules).toContain('accept by policy web');
  expect(accepted?.policy).toContain('drop by default');
  expect(dropped?.rules).toContain('drop by default');
  expect(dropped?.policy).toContain('accept by policy web');
});

test('the same verdict by another rule is one too', () => {
  const twice = WEB_POLICY.replace(
    '  ingress:\n',
    '  ingress:\n    - {action: Allow, protocol: UDP}\n',
  );
  const [disagreement] = check(right, modelOf(twice), [TO_WEB]);
  expect(disagreement?.rules).toContain('rule 0');
  expect(disagreement?.policy).toContain('rule 1');
});

test('an answer counts as one only where the packet before it got through', () => {
  const answerFirst = check(right, right, [ANSWER, TO_WEB, ANSWER]);
  expect(answerFirst).toEqual([undefined, undefined, undefined]);
});

test('untracked policy sees what the host sends before its translation leads nowhere', () => {
  const model = modelOf(`
apiVersion: hepsim/v1
kind: Host
metadata: {name: n}
spec:
  interfaces: [{name: eth1, addresses: [10.0.1.1/25]}]
  routes: [{to: 203.0.113.0/24, dev: eth1}]
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: inside}
spec: {node: n, interfaceName: eth1}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: nothing-out}
spec: {doNotTrack: true, applyOnForward: true, egress: [{action: Deny, protocol: TCP}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {externalIPs: [203.0.113.8], ports: [{port: 80}, {port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets: [{addresses: [{ip: 10.0.0.21}], ports: [{port: 8080}, {port: 53, protocol: UDP}]}]
`);
  const sent = [
    'tcp 10.0.1.1 -> 203.0.113.8:80 in=local',
    'udp 10.0.1.1 -> 203.0.113.8:53 in=local',
  ];
  const session = new PacketSession((family) => model.simulator(family));
  expect(sent.map((line) => session.run(packetOf(line)).decision.kind)).toEqual([
    'policy',
    'routing',
  ]);
  expect(check(model, model, sent)).toEqual([undefined, undefined]);
});

test('after an undetermined packet the connections are unknown and nothing is compared', () => {
  const oracle = new PolicyOracle(wrong);
  const packet = packetOf(TO_WEB);
  const session = new PacketSession((family) => right.simulator(family));
  const result = session.run(packet);
  const undetermined: PacketResult = {
    packet: result.packet,
    verdict: 'undetermined',
    delivered: null,
    state: result.state,
    final: result.final,
    decision: result.decision,
    decisions: result.decisions,
    hops: result.hops,
    because: ['the test says so'],
    steps: result.steps,
    events: result.events,
    mark: result.mark,
  };
  expect(oracle.check(packet, undetermined)).toBeUndefined();
  expect(oracle.check(packet, result)).toBeUndefined();
  oracle.reset();
  expect(oracle.check(packet, result)).toBeDefined();
});
