import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import { parseConnections } from '../../src/host/connections/parse-connections.ts';
import type { KernelLab } from '../../src/lab/kernel-lab.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { renderIptables } from '../../src/ruleset/render-ruleset.ts';
import { connectionProbes } from '../../src/scenario/connection-probes.ts';
import { type JudgedConnection, judgeConnections } from '../../src/scenario/judge-connections.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { startTestLab, whyNoLab } from '../support/kernel-lab.ts';
import { packet } from '../support/packets.ts';

/** A Service of one endpoint, the workload at pod0, by a port of the host; packets from outside come to it as from the host. */
function service(nodePort: number): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: web-${nodePort}, namespace: default}
spec: {type: NodePort, clusterIP: 10.96.0.${nodePort % 100}, ports: [{port: 80, targetPort: ${nodePort}, nodePort: ${nodePort}}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: web-${nodePort}, namespace: default}
subsets: [{addresses: [{ip: 10.65.0.2}], ports: [{port: ${nodePort}}]}]
`;
}

const HOST = `
apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}
    - {name: pod0}
  routes:
    - {to: default, via: 192.0.2.1, dev: eth0}
    - {to: default, via: "2001:db8::1", dev: eth0}
    - {to: 10.65.0.2/32, dev: pod0}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0, labels: {host: node1}}
spec: {node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10]}
${service(30080)}${service(30081)}`;

const policy = (name: string, spec: string): string => `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: ${name}}
spec:
  selector: host == 'node1'
${spec}
`;

const BEFORE =
  HOST +
  policy(
    'all',
    '  types: [Ingress, Egress]\n  ingress: [{action: Allow}]\n  egress: [{action: Allow}]',
  );

/** Lets some of it in again, cuts off some at once, and denies the rest. */
const AFTER = [
  HOST,
  policy(
    'untracked',
    '  order: 1\n  doNotTrack: true\n  applyOnForward: true\n  types: [Ingress]\n  ingress: [{action: Deny, protocol: UDP, destination: {ports: [5353]}}]',
  ),
  policy(
    'before-translation',
    '  order: 2\n  preDNAT: true\n  applyOnForward: true\n  types: [Ingress]\n  ingress: [{action: Deny, protocol: TCP, destination: {ports: [30081]}}]',
  ),
  policy(
    'in-and-out',
    `  order: 3
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [443]}}, {action: Allow, protocol: ICMP}]
  egress: [{action: Allow, protocol: TCP, destination: {ports: [443]}}]`,
  ),
].join('');

const CLIENT = '203.0.113.7';
const CLIENT6 = '2001:db8:9::7';
const OWN = '192.0.2.10';
const OWN6 = '[2001:db8::10]';
const FAR = '198.51.100.9';

/** A TCP handshake between two ends. */
const handshake = (
  from: string,
  a: string,
  to: string,
  b: string,
  way: [string, string],
): string[] => [
  `tcp ${from}:${a} -> ${to}:${b} in=${way[0]} flags=S`,
  `tcp ${to}:${b} -> ${from}:${a} in=${way[1]} flags=SA`,
  `tcp ${from}:${a} -> ${to}:${b} in=${way[0]} flags=A`,
];
const IN: [string, string] = ['eth0', 'local'];
const OUT: [string, string] = ['local', 'eth0'];

/** What makes the connections, in order. */
const TRAFFIC: readonly string[] = [
  ...handshake(CLIENT, '40000', OWN, '22', IN),
  ...handshake(CLIENT, '40001', OWN, '443', IN),
  ...handshake(CLIENT, '40002', OWN, '10250', IN),
  ...handshake(OWN, '50000', FAR, '443', OUT),
  ...handshake(OWN, '50001', FAR, '25', OUT),
  ...handshake(`[${CLIENT6}]`, '40000', OWN6, '443', IN),
  ...handshake(`[${CLIENT6}]`, '40001', OWN6, '10250', IN),
  // Only half of a handshake.
  `tcp ${CLIENT}:40003 -> ${OWN}:10251 in=eth0 flags=S`,
  `udp ${CLIENT}:5000 -> ${OWN}:5353 in=eth0`,
  `udp ${OWN}:5353 -> ${CLIENT}:5000 in=local`,
  `udp ${CLIENT}:5000 -> ${OWN}:6000 in=eth0`,
  `udp ${CLIENT}:5001 -> ${OWN}:6001 in=eth0`,
  `udp ${OWN}:6001 -> ${CLIENT}:5001 in=local`,
  `udp ${OWN}:5514 -> ${FAR}:514 in=local`,
  `icmp ${CLIENT} -> ${OWN} type=8 id=7 in=eth0`,
  `icmp ${OWN} -> ${CLIENT} type=0 id=7 in=local`,
  `icmp ${OWN} -> ${FAR} type=8 id=9 in=local`,
  `icmp ${FAR} -> ${OWN} type=0 id=9 in=eth0`,
  `112 ${CLIENT} -> ${OWN} in=eth0`,
  // To the workload: by a service, one of which policy is to deny, and straight.
  ...[30080, 30081].flatMap((port) => [
    `tcp ${CLIENT}:${port} -> ${OWN}:${port} in=eth0 flags=S`,
    `tcp 10.65.0.2:${port} -> ${OWN}:${port} in=pod0 flags=SA`,
    `tcp ${CLIENT}:${port} -> ${OWN}:${port} in=eth0 flags=A`,
  ]),
  ...handshake(CLIENT, '41000', '10.65.0.2', '9090', ['eth0', 'pod0']),
];

/** Wanted by what the documents say, and held against the kernel below. */
const WANTED: Readonly<Record<string, string>> = {
  'tcp 40000>22': 'allowed',
  'tcp 40001>443': 'allowed',
  'tcp 40002>10250': 'established-only',
  'tcp 40003>10251': 'cut',
  'tcp 50000>443': 'allowed',
  'tcp 50001>25': 'established-only',
  'tcp6 40000>443': 'allowed',
  'tcp6 40001>10250': 'established-only',
  'udp 5000>5353': 'cut',
  'udp 5000>6000': 'cut',
  'udp 5001>6001': 'established-only',
  'udp 5514>514': 'cut',
  'icmp 7': 'allowed',
  'icmp 9': 'established-only',
  '112': 'cut',
  'tcp 30080>30080': 'allowed',
  'tcp 30081>30081': 'established-only',
  'tcp 41000>9090': 'allowed',
};

function nameOf({ connection: { original } }: JudgedConnection): string {
  const { protocol, family, sourceKey, destinationKey } = original;
  if (protocol === 1) return `icmp ${sourceKey}`;
  const name = { 6: 'tcp', 17: 'udp' }[protocol];
  if (name === undefined) return String(protocol);
  return `${name}${family === 6 ? '6' : ''} ${sourceKey}>${destinationKey}`;
}

function modelOf(text: string, connections = ''): NodeModel {
  const location = { file: 'table.txt', line: 1, column: 1 };
  return new NodeModel(readResources([{ file: 'documents.yaml', text }]), {
    machine: 'this-machine',
    environment: new Map(),
    connections: parseConnections(connections, location),
  });
}

const reason = whyNoLab();
const title = reason === undefined ? 'live connections' : `live connections (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  let lab: KernelLab;
  let namespace = '';
  let judged: readonly JudgedConnection[] = [];
  const after = modelOf(AFTER);

  /** Runs a program where the lab's connections are. */
  const inside = (program: string, args: readonly string[], input = ''): string => {
    const { stdout, stderr, status } = spawnSync(
      'ip',
      ['netns', 'exec', namespace, program, ...args],
      { input, encoding: 'utf8' },
    );
    expect(`${status} ${stderr}`, [program, ...args].join(' ')).toMatch(/^0 /);
    return stdout;
  };

  beforeAll(async () => {
    const before = modelOf(BEFORE);
    lab = await startTestLab({ host: before.host, build: 'legacy', watchState: false });
    namespace = lab.namespace;
    await lab.load([before.ruleset(4), before.ruleset(6)]);
    const seen = await lab.inject(TRAFFIC.map(packet));
    expect(TRAFFIC.filter((_line, index) => seen[index]?.verdict !== 'accept')).toEqual([]);
    // As apply would: the rules change, the connections stay.
    for (const family of [4, 6] as const) {
      const program = family === 4 ? 'iptables-legacy-restore' : 'ip6tables-legacy-restore';
      inside(program, [], renderIptables(after.ruleset(family)));
    }
    const table = ['ipv4', 'ipv6']
      .map((family) => inside('conntrack', ['-L', '-f', family, '-o', 'extended,id']))
      .join('');
    judged = judgeConnections(modelOf(AFTER, table)).judged;
  }, 120_000);
  afterAll(() => lab?.stop());

  /** The probe with the interface that it arrives on, as the simulation takes it. */
  const placed = (probe: Packet): Packet => ({
    ...probe,
    in: after.emptySimulator(probe.family).run(probe).packet.in,
  });
  const verdictOf = async (probe: Packet): Promise<string> => {
    const [seen] = await lab.inject([placed(probe)]);
    return seen?.verdict === 'accept' ? 'accept' : 'stopped';
  };

  test('are judged as the documents say', () => {
    expect(Object.fromEntries(judged.map((one) => [nameOf(one), one.fate]))).toEqual(WANTED);
  });

  test('fare so in the kernel: the next packet of each, the command that ends it, and a new one', async () => {
    const wrong: string[] = [];
    for (const one of judged) {
      const { original, reply, opening } = connectionProbes(one.connection);
      const hold = (what: string, wanted: string, seen: string): void => {
        if (wanted !== seen) wrong.push(`${nameOf(one)}: ${what} is ${wanted} here, ${seen} there`);
      };
      const passes = (direction: string): string =>
        one.stopped === direction ? 'stopped' : 'accept';
      if (one.stopped !== 'reply')
        hold('its next packet', passes('original'), await verdictOf(original));
      if (one.stopped !== 'original') hold('its answer', passes('reply'), await verdictOf(reply));
      if (one.fate === 'cut') continue;
      const [program, ...args] = one.deletion as [string, ...string[]];
      inside(program, args);
      hold('a new one', one.fate === 'allowed' ? 'accept' : 'stopped', await verdictOf(opening));
    }
    expect(wrong).toEqual([]);
    expect(judged.length).toBe(Object.keys(WANTED).length);
  }, 60_000);

  test('are told with the rule that decides', () => {
    const byName = new Map(judged.map((one) => [nameOf(one), one]));
    expect(byName.get('udp 5000>5353')?.decision).toMatchObject({
      ...{ kind: 'policy', policy: 'untracked', type: 'untracked', ruleIndex: 0 },
      source: { file: 'documents.yaml' },
    });
    expect(byName.get('tcp 30081>30081')?.decision).toMatchObject({
      ...{ kind: 'policy', policy: 'before-translation', type: 'preDNAT' },
    });
    const served = byName.get('tcp 30080>30080')?.connection;
    expect(served && renderIpAddress(served.reply.source)).toBe('10.65.0.2');
    expect(served && renderIpAddress(served.reply.destination)).toBe(OWN);
  });
});
