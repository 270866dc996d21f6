import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { renderIpsets, renderIptables } from '../../src/ruleset/render-ruleset.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { checkSequences } from '../../src/selftest/check-sequence.ts';
import { Random } from '../../src/selftest/random.ts';
import { canBeSent, isOpenEnd, runFlow } from '../../src/selftest/run-flow.ts';
import { aimedPacket, targetsOf } from '../support/aimed-packets.ts';
import { bundle } from '../support/bundle.ts';
import { describeWithKernel } from '../support/facts.ts';
import { startTestLab } from '../support/kernel-lab.ts';
import { NetworkNamespace, type Run } from '../support/namespace.ts';
import { TEST_SEED } from '../support/seed.ts';
import { way } from '../support/simulations.ts';

// One host from end to end: it is dressed, looked at by the command line program, and what that says is held against the kernel.

const SEED = TEST_SEED ?? Math.floor(Math.random() * 2 ** 32);
const FLOWS = 150;
const TIMEOUT_MS = 120_000;

const POLICY = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: eth0, labels: {role: edge}}
spec: {node: node1, interfaceName: eth0}
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
    - {action: Allow, protocol: TCP, destination: {ports: [8080, 9000]}}
    - {action: Deny, protocol: UDP, destination: {ports: [5353]}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: rest}
spec:
  selector: role == 'edge'
  order: 2
  applyOnForward: true
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP}]
  egress: [{action: Allow}]
`;

const DOCKER = readFileSync(join(import.meta.dirname, '../fixtures/recorded/docker.v4'), 'utf8');

/** Behind Docker's two published ports, by the web container and by nobody that policy knows; and one to the host itself. */
const CONNECTIONS = [
  ['192.0.2.7', '8080', '172.20.0.5', '80'],
  ['192.0.2.70', '8080', '172.20.0.5', '80'],
  ['192.0.2.9', '443', '192.0.2.1', '443'],
] as const;

const LINKS = ['eth0', 'eth1', 'br-app', 'docker0'].flatMap((name) => [
  `link add ${name} type veth peer name ${name}-far`,
  `link set ${name} up`,
  `link set ${name}-far up`,
]);

describeWithKernel('a host as it is', () => {
  let namespace: NetworkNamespace;
  let program = '';
  const run = (tool: string, args: readonly string[], input = ''): Run => {
    const done = namespace.run(tool, args, input);
    expect({ status: done.status, stderr: done.status === 0 ? '' : done.stderr }).toEqual({
      status: 0,
      stderr: '',
    });
    return done;
  };
  const hepsim = (...args: string[]): string =>
    run(process.execPath, [program, ...args, '-n', 'node1'], POLICY).stdout;

  beforeAll(async () => {
    program = await bundle('test/support/cli-process.ts');
    namespace = await NetworkNamespace.open();
    // Link-local addresses come when they come, and with them routes; only IPv4 is looked at here.
    const noIpv6 = ['all', 'default'].map((name) => `net.ipv6.conf.${name}.disable_ipv6=1`);
    run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', ...noIpv6]);
    const commands = [
      'link set lo up',
      ...LINKS,
      'address add 192.0.2.1/24 dev eth0',
      'address add 198.51.100.1/24 dev eth1',
      'address add 172.20.0.1/16 dev br-app',
      'address add 172.17.0.1/16 dev docker0',
      'route add default via 198.51.100.254 dev eth1',
    ];
    run('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
    run('iptables-restore', [], DOCKER);
  }, TIMEOUT_MS);
  afterAll(() => namespace?.close());

  test('flows tells of connections that the host translates, and its commands end those', {
    timeout: TIMEOUT_MS,
  }, () => {
    for (const [client, port, server, serverPort] of CONNECTIONS) {
      const flow = [
        '-p',
        'tcp',
        '-s',
        client,
        '-d',
        '192.0.2.1',
        '--sport',
        '40000',
        '--dport',
        port,
      ];
      const reply = ['--reply-src', server, '--reply-dst', client];
      const ports = ['--reply-port-src', serverPort, '--reply-port-dst', '40000'];
      const state = ['--state', 'ESTABLISHED', '-t', '600', '-u', 'ASSURED,SEEN_REPLY'];
      run('conntrack', ['-I', ...flow, ...reply, ...ports, ...state]);
    }
    const told = JSON.parse(hepsim('flows', '-f', '-', '-o', 'json')) as {
      readonly connections: readonly {
        readonly fate: string;
        readonly original: { readonly src: string };
        readonly decision: { readonly policy?: string };
        readonly delete?: { readonly args: readonly [string, ...string[]] };
      }[];
    };
    const brief = told.connections.map(({ fate, original, decision }) => [
      original.src,
      fate,
      decision.policy,
    ]);
    expect(brief.map((words) => words.join(' ')).sort()).toEqual([
      // What preDNAT policy accepts, no later policy of the endpoint is asked about.
      '192.0.2.7 allowed before-translation',
      '192.0.2.70 established-only before-translation',
      '192.0.2.9 allowed rest',
    ]);
    for (const { delete: deletion } of told.connections) {
      if (deletion !== undefined) run(deletion.args[0], deletion.args.slice(1));
    }
    const left = run('conntrack', ['-L']).stdout;
    const sources = [...left.matchAll(/ESTABLISHED src=(\S+)/g)].map(([, source]) => source);
    expect(sources.sort()).toEqual(['192.0.2.7', '192.0.2.9']);
  });

  test('what inspect prints of a host that carries compiled rules runs as is, as in the kernel', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const compiled = new NodeModel(readResources([{ file: 'policy', text: POLICY }]), {
      node: 'node1',
      machine: 'node1',
      environment: new Map(),
    });
    const rulesets = ([4, 6] as const).map((family) => compiled.compiledRules(family));
    run('ipset', ['restore'], renderIpsets(rulesets));
    for (const [at, tool] of ['iptables', 'ip6tables'].entries()) {
      run(`${tool}-restore`, ['--noflush'], renderIptables(rulesets[at] as (typeof rulesets)[0]));
    }
    const document = hepsim('inspect');
    const model = new NodeModel(readResources([{ file: 'host.yaml', text: document }]), {
      node: 'node1',
      machine: 'node1',
      environment: new Map(),
      asIs: true,
    });
    const ruleset = model.ruleset(4);
    const simulator = model.simulator(4);
    const random = new Random(`${SEED}`);
    const targets = targetsOf(DOCKER, 4);
    const asked = Array.from({ length: FLOWS }, () => aimedPacket(targets, model.host, random))
      .filter(canBeSent)
      .map((start) => ({
        packets: runFlow(start, new PacketSession(() => simulator), random).filter(
          ({ result }) => !isOpenEnd(result),
        ),
        trace: true,
      }));
    // A namespace may only read how many connections there may be, and a lab has IPv6.
    const sysctls = new Map(model.host.sysctls);
    sysctls.delete('net.netfilter.nf_conntrack_max');
    const host = {
      ...model.host,
      sysctls,
      interfaces: model.host.interfaces.map((link) => ({
        ...link,
        addresses: link.addresses.filter(({ address }) => address.family === 4),
      })),
      routes: model.host.routes.filter(({ family }) => family === 4),
    };
    const lab = await startTestLab({ host, build: 'nft', watchState: true });
    try {
      await lab.load([ruleset]);
      const check = await checkSequences(lab, asked);
      const { difference } = check;
      const shown = difference?.sequence.packets[difference.at]?.result;
      const text = shown === undefined ? '' : way(shown);
      expect(difference?.differences, `seed ${SEED}\n${text}`).toBeUndefined();
      expect(check.compared).toBeGreaterThan(FLOWS / 2);
      expect(
        ruleset.tables.some(({ chains }) => chains.some(({ name }) => name === 'DOCKER')),
      ).toBe(true);
      expect(document).toContain('hep-');
    } finally {
      await lab.stop();
    }
  });
});
