import { expect, test } from 'vitest';
import '../../src/cli/flows-command.ts';
import { filesIn, runCli } from './run-cli.ts';

const CLUSTER = ['cluster', 'v3-policy', 'v3-pinhole', 'v3-workload'].flatMap((name) => [
  '-f',
  `scenarios/nodeport/${name}.yaml`,
]);

const line = (port: number, rest = '[ASSURED]', state = 'ESTABLISHED'): string =>
  `ipv4     2 tcp      6 4000 ${state} src=203.0.113.7 dst=192.0.2.10 sport=40000 dport=${port} src=192.0.2.10 dst=203.0.113.7 sport=${port} dport=40000 ${rest} mark=0 use=1 id=1\n`;

/** The failsafe port, a port that policy drops, half a handshake to it, and one that is over. */
const TABLE = `${line(22)}${line(10250)}${line(10251, '[UNREPLIED]', 'SYN_SENT')}${line(10252, '', 'CLOSE')}`;

test('flows tells what becomes of each connection, the deciding line and the command that ends it', async () => {
  const { code, out, error } = await runCli(['flows', ...CLUSTER, '--connections', '-', '-q'], {
    stdin: TABLE,
  });
  expect(error).toBe('');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[1]).toMatch(
    /^tcp 203\.0\.113\.7:40000 -> 192\.0\.2\.10:10251 +SYN_SENT +cut +policy drop-other-ingress .* scenarios\/nodeport\/v3-policy\.yaml:24$/,
  );
  expect(lines[2]).toMatch(/:10250 +ESTABLISHED +established-only +policy drop-other-ingress /);
  expect(lines[3]).toMatch(/:22 +ESTABLISHED +allowed +failsafe port/);
  expect(out).toContain(
    '\nconntrack -D -f ipv4 -p tcp -s 203.0.113.7 -d 192.0.2.10 --sport 40000 --dport 10250\n',
  );
  expect(out).toContain(
    '3 connections: 1 cut, 1 established only (a new one would be denied), 1 allowed; 1 that are over are left out\n',
  );
});

test('flows -o json has all of it as data, and --only chooses', async () => {
  const folder = filesIn({ 'table.txt': TABLE });
  const { code, out } = await runCli([
    ...['flows', ...CLUSTER, '--connections', `${folder}/table.txt`],
    ...['-o', 'json', '--only', 'established-only'],
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    summary: {
      connections: 3,
      cut: 1,
      'established-only': 1,
      undetermined: 0,
      allowed: 1,
      over: 1,
    },
    connections: [
      {
        ...{ fate: 'established-only', proto: 'tcp', state: 'ESTABLISHED' },
        original: { src: '203.0.113.7', sport: 40000, dst: '192.0.2.10', dport: 10250 },
        decision: { kind: 'policy', policy: 'drop-other-ingress', ruleIndex: 0 },
        delete: {
          command:
            'conntrack -D -f ipv4 -p tcp -s 203.0.113.7 -d 192.0.2.10 --sport 40000 --dport 10250',
        },
      },
    ],
  });
});

test('a connection to a service whose rules nobody told is undetermined for a new one', async () => {
  const folder = filesIn({
    'policy.yaml': `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0}
spec: {node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10]}
`,
  });
  const { out } = await runCli(['flows', '-f', folder, '--connections', '-', '-q'], {
    stdin:
      'tcp 6 4000 ESTABLISHED src=203.0.113.7 dst=192.0.2.10 sport=40000 dport=22 src=10.65.0.2 dst=203.0.113.7 sport=22 dport=40000 [ASSURED] mark=0\n',
  });
  expect(out).toContain(
    'a new connection: the rule that translates its destination is not among the documents',
  );
  expect(out).toContain('1 connection: 1 undetermined\n');
});

test('the connections of a Host document meet its packets', async () => {
  const indented = TABLE.split('\n')
    .map((one) => `    ${one}`)
    .join('\n');
  const folder = filesIn({
    'host.yaml': `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}]
  connections: |
${indented}`,
    'policy.yaml': `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0}
spec: {node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10]}
`,
  });
  const trace = async (packet: string): Promise<unknown> => {
    const { out } = await runCli(['trace', '-f', folder, '-o', 'json', packet]);
    const { verdict, state, decision } = JSON.parse(out) as Record<string, { kind: string }>;
    return [verdict, state, decision?.kind];
  };
  const live = 'tcp 203.0.113.7:40000 -> 192.0.2.10:10250 in=eth0 flags=A';
  expect(await trace(live)).toEqual(['accept', 'established', 'conntrack']);
  expect(await trace(live.replace('40000', '40001'))).toEqual(['drop', 'new', 'default']);
});

test.each([
  [['--connections', '-'], 'hello\n', '-:1:1: error: not a line that `conntrack -L` prints'],
  [['--connections', '-', '--only', 'some'], TABLE, '--only: there is no kind `some`'],
  [['--connections', '/nonexistent/table'], '', '/nonexistent/table'],
])('flows with %j is refused', async (args, stdin, message) => {
  const { code, error } = await runCli(['flows', ...CLUSTER, ...args], { stdin });
  expect(code).toBe(2);
  expect(error).toContain(message);
});

test('trace begins with the connections of a file', async () => {
  const { code, out } = await runCli(
    [
      ...['trace', ...CLUSTER, '--connections', '-', '-o', 'json'],
      'tcp 203.0.113.7:40000 -> 192.0.2.10:10250 in=eth0 flags=A',
    ],
    { stdin: TABLE },
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verdict: 'accept', state: 'established' });
});

test('a table of very many connections has one head, and its columns stand in line', {
  timeout: 60_000,
}, async () => {
  const many = 10_500;
  const stdin = Array.from({ length: many }, (_, i) => line(1 + i, '[ASSURED]')).join('');
  const { code, out } = await runCli(['flows', ...CLUSTER, '--connections', '-', '-q'], { stdin });
  expect(code).toBe(0);
  const rows = out.split('\n').filter((text) => / ESTABLISHED /.test(text));
  expect(rows).toHaveLength(many);
  expect(new Set(rows.map((text) => text.indexOf('ESTABLISHED'))).size).toBe(1);
  expect(out.match(/CONNECTION +STATE/g)).toHaveLength(1);
});

test('a connection in a zone is judged where rules put its packets there, and told apart from one that is alike', async () => {
  const host = (rules: string): string => `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}]
  iptables: |
    *raw
    :PREROUTING ACCEPT [0:0]
    :OUTPUT ACCEPT [0:0]
    ${rules}
    COMMIT
`;
  const folder = filesIn({
    'plain.yaml': host('-A PREROUTING -p udp -j CT --notrack'),
    'zoned.yaml': host('-A PREROUTING -j CT --zone 5\n    -A OUTPUT -j CT --zone 5'),
    'table.txt': `${line(22)}${line(22).replace('mark=0', 'mark=0 zone=5')}`,
  });
  const fates = async (name: string): Promise<readonly unknown[]> => {
    const files = ['-f', `${folder}/${name}.yaml`, '--connections', `${folder}/table.txt`];
    const { out } = await runCli(['flows', ...files, '-o', 'json']);
    const { connections } = JSON.parse(out) as {
      connections: readonly { zone: number; fate: string; because?: readonly string[] }[];
    };
    return connections.map(({ zone, fate, because }) => [zone, fate, because?.[0]]);
  };
  expect((await fates('plain')).toSorted()).toEqual([
    [0, 'allowed', undefined],
    [
      5,
      'undetermined',
      "it is in zone 5 of connection tracking, and packets that arrive by the host's routes are not put there",
    ],
  ]);
  expect((await fates('zoned')).toSorted()).toEqual([
    [
      0,
      'undetermined',
      "it is in no zone of connection tracking, and packets that arrive by the host's routes are put into one",
    ],
    [5, 'allowed', undefined],
  ]);
});
