import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { filesIn, runCli, TO_OTHER, TO_WEB, WEB_HOST, WEB_POLICY } from './run-cli.ts';

const directory = filesIn({ 'policy.yaml': WEB_POLICY, 'host.yaml': WEB_HOST });
const trace = ['trace', '-f', directory];

test('a trace ends with the verdict, what decided, and the line of the document that says so', async () => {
  const { code, out, error } = await runCli([...trace, TO_WEB]);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  const lines = out.trimEnd().split('\n');
  const verdict = lines.findIndex((line) => line.startsWith('ACCEPT'));
  const end = lines.slice(verdict).join('\n');
  expect(end).toContain('delivered to a process on the host');
  expect(end).toContain(
    'policy web (tier default), ingress rule 0, normal policy, endpoint node1-eth0',
  );
  expect(end).toContain(`${join(directory, 'policy.yaml')}:16`);
  expect(end).toContain('16 | - action: Allow');
  expect(end).toContain('19 |     ports: [80]');
});

test('the packet travels from top to bottom', async () => {
  const { out } = await runCli([...trace, TO_WEB]);
  const places = ['PREROUTING  in eth0', 'conntrack', 'ROUTE', 'INPUT  in eth0', 'ACCEPT'].map(
    (text) => out.indexOf(text),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('the header names the node and the version, each with the reason', async () => {
  const { out } = await runCli([...trace, TO_WEB]);
  expect(out).toMatch(/^node +node1 \(the one node that the documents name\)$/m);
  expect(out).toMatch(/^calico +3\.9 \(.+\)$/m);
});

test('what a process of the host sends is routed out, not forwarded', async () => {
  const { out } = await runCli([...trace, 'tcp 192.0.2.10:40000 -> 203.0.113.7:80 in=local']);
  expect(out).toContain('ROUTE  out: ');
  expect(out).not.toContain('ROUTE  forward');
});

test('a packet that is dropped for its unknown workload interface is said to be', async () => {
  const files = filesIn({
    'host.yaml': WEB_HOST.replace('interfaces: [', 'interfaces: [{name: cali0}, '),
    'policy.yaml': WEB_POLICY,
  });
  const packet = 'tcp 10.65.0.9:40000 -> 192.0.2.10:80 in=cali0';
  const { out } = await runCli(['trace', '-f', files, packet]);
  expect(out).toMatch(/by +workload rule, no endpoint is known for the workload interface/);
});

test('a derived host is said to be one', async () => {
  const { out } = await runCli(['trace', '-f', join(directory, 'policy.yaml'), TO_WEB]);
  expect(out).toMatch(/^host +derived/m);
});

test('the packet may come in separate words, with the arrow as a word of its own or as `to`', async () => {
  const whole = await runCli([...trace, '-q', TO_OTHER]);
  expect(whole.out).toBe('drop\n');
  expect(await runCli([...trace, '-q', ...TO_OTHER.split(' ')])).toEqual(whole);
  expect(await runCli([...trace, '-q', ...TO_OTHER.replace('->', 'to').split(' ')])).toEqual(whole);
});

test('an arrow that the shell has eaten is explained', async () => {
  const { code, error } = await runCli([...trace, 'tcp', '203.0.113.7:40000', '-', 'in=eth0']);
  expect(code).toBe(2);
  expect(error).toContain('put the packet in quotes');
});

test('-v also shows rules that did not match, and why', async () => {
  const plain = await runCli([...trace, TO_OTHER]);
  const verbose = await runCli([...trace, '-v', TO_OTHER]);
  expect(plain.out).not.toContain('no match');
  expect(verbose.out).toMatch(/no match +.*80.*the packet has 8080/);
});

test('-o json prints one object with the fields of the contract', async () => {
  const { out } = await runCli([...trace, '-o', 'json', TO_WEB]);
  const result = JSON.parse(out);
  expect(result).toMatchObject({
    packet: {
      in: 'eth0',
      proto: 'tcp',
      src: '203.0.113.7',
      sport: 40000,
      dst: '192.0.2.10',
      dport: 80,
      flags: 'S',
    },
    verdict: 'accept',
    delivered: 'local',
    state: 'new',
    final: { src: '203.0.113.7', sport: 40000, dst: '192.0.2.10', dport: 80 },
    decision: {
      kind: 'policy',
      policy: 'web',
      tier: 'default',
      direction: 'ingress',
      ruleIndex: 0,
      endpoint: 'node1-eth0',
      type: 'normal',
      hook: 'input',
      table: 'filter',
      source: { file: join(directory, 'policy.yaml'), line: 16 },
    },
  });
  expect(result.decisions.at(-1)).toEqual(result.decision);
  expect(result.hops[0]).toMatchObject({
    hook: 'prerouting',
    table: 'raw',
    chain: 'PREROUTING',
    rule: 1,
  });
});

test('-o yaml says the same as -o json', async () => {
  const json = await runCli([...trace, '-o', 'json', TO_WEB]);
  const yaml = await runCli([...trace, '-o', 'yaml', TO_WEB]);
  expect(parse(yaml.out)).toEqual(JSON.parse(json.out));
});

test('--packets runs a file through one connection table, json gives an array and ndjson a line each', async () => {
  const answer = JSON.stringify({
    in: 'local',
    proto: 'tcp',
    src: '192.0.2.10',
    sport: 80,
    dst: '203.0.113.7',
    dport: 40000,
    flags: 'SA',
  });
  const file = join(
    filesIn({ 'packets.txt': `# a connection\n${TO_WEB}\n\n${answer}\n` }),
    'packets.txt',
  );
  const json = await runCli([...trace, '--packets', file, '-o', 'json']);
  const results = JSON.parse(json.out);
  expect(results.map((r: { state: string }) => r.state)).toEqual(['new', 'established']);
  const ndjson = await runCli([...trace, '--packets', file, '-o', 'ndjson']);
  expect(
    ndjson.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(results);
  const alone = await runCli([...trace, '--packets', file, '--independent', '-o', 'json']);
  expect(JSON.parse(alone.out)[1]).toMatchObject({ verdict: 'drop', state: 'invalid' });
});

test('--packets - reads standard input, and an array stays an array with one packet', async () => {
  const { out } = await runCli([...trace, '--packets', '-', '-o', 'json'], {
    stdin: `${TO_WEB}\n`,
  });
  expect(JSON.parse(out)).toHaveLength(1);
});

test('a list of results is written as one value, whatever the form', async () => {
  const stdin = `${TO_WEB}\n${TO_OTHER}\n`;
  const json = await runCli([...trace, '--packets', '-', '-o', 'json'], { stdin });
  const results = JSON.parse(json.out);
  expect(json.out).toBe(`${JSON.stringify(results, null, 2)}\n`);
  const yaml = await runCli([...trace, '--packets', '-', '-o', 'yaml'], { stdin });
  expect(parse(yaml.out)).toEqual(results);
});

test('a packet that cannot begin on the host is said before anything is printed', async () => {
  const stdin = `${TO_WEB}\n${TO_WEB.replace('eth0', 'eth7')}\n`;
  const { code, out, error } = await runCli([...trace, '--packets', '-'], { stdin });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toContain(
    'packet 2 (tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth7): the host has no',
  );
});

test('every wrong packet of a file is reported where it stands', async () => {
  const { code, out, error } = await runCli([...trace, '--packets', '-'], {
    stdin: `${TO_WEB}\nudp 203.0.113.7 -> 192.0.2.10 in=eth0\n{"proto": "tcp"\n`,
  });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/^-:2:\d+: error: /m);
  expect(error).toMatch(/^-:3:1: error: neither JSON nor YAML: /m);
});

test('a packet is written as an object as well as in words, on the command line and in a file', async () => {
  const yaml = '{in: eth0, proto: tcp, src: 203.0.113.7, sport: 40000, dst: 192.0.2.10, dport: 80}';
  const json = JSON.stringify({ proto: 'tcp', src: '203.0.113.7', dst: '192.0.2.10', dport: 81 });
  expect(await runCli([...trace, '-q', yaml])).toMatchObject({ code: 0, out: 'accept\n' });
  expect(await runCli([...trace, '-q', json])).toMatchObject({ code: 0, out: 'drop\n' });
  const file = await runCli([...trace, '-q', '--packets', '-'], { stdin: `${yaml}\n${json}\n` });
  expect(file.out).toBe('accept\ndrop\n');
  const wrong = await runCli([...trace, '{proto: tcp, src: 203.0.113.7, dts: 192.0.2.10}']);
  expect(wrong.code).toBe(2);
  expect(wrong.error).toMatch(/dts/);
  expect((await runCli([...trace, '{proto: tcp'])).error).toMatch(/not a packet: neither JSON/);
});

test('documents may come from standard input', async () => {
  const { code, out } = await runCli(['trace', '-f', '-', '-q', TO_WEB], { stdin: WEB_POLICY });
  expect({ code, out }).toEqual({ code: 0, out: 'accept\n' });
});

test('--expect holds or exits with 1, saying what came instead', async () => {
  expect((await runCli([...trace, '--expect', 'accept', TO_WEB])).code).toBe(0);
  expect((await runCli([...trace, '--expect', 'accept,policy=web,ruleIndex=0', TO_WEB])).code).toBe(
    0,
  );
  expect((await runCli([...trace, '--expect', '{"final": {"dport": 80}}', TO_WEB])).code).toBe(0);
  const wrong = await runCli([...trace, '-q', '--expect', 'drop', TO_WEB]);
  expect(wrong).toEqual({
    code: 1,
    out: 'accept\n',
    error: 'expected verdict "drop", got "accept"\n',
  });
});

test('--expect refuses fields and verdicts that no result has, with the nearest name', async () => {
  const field = await runCli([...trace, '--expect', 'polcy=web', TO_WEB]);
  expect(field.code).toBe(2);
  expect(field.error).toContain('Did you mean `policy`?');
  const verdict = await runCli([...trace, '--expect', 'dropp', TO_WEB]);
  expect(verdict.code).toBe(2);
  expect(verdict.error).toContain('Did you mean `drop`?');
});

test('an interface that the host does not have is refused', async () => {
  const { code, error } = await runCli([...trace, 'tcp 203.0.113.7:1 -> 192.0.2.10:80 in=eth7']);
  expect(code).toBe(2);
  expect(error).toContain('`eth7`');
});

test('a node that no document names is taken, with a warning', async () => {
  const { code, error } = await runCli([
    ...trace,
    '-n',
    'node9',
    '-q',
    TO_WEB.replace(' in=eth0', ' in=lo'),
  ]);
  expect(code).toBe(0);
  expect(error).toContain('no document names the node `node9`');
});

test('colour is for terminals, NO_COLOR and --no-color turn it off, --color on', async () => {
  const hasColor = async (args: readonly string[], given: Parameters<typeof runCli>[1]) =>
    (await runCli([...trace, ...args, TO_WEB], given)).out.includes('\u001b[');
  expect(await hasColor([], {})).toBe(false);
  expect(await hasColor([], { terminal: true })).toBe(true);
  expect(await hasColor([], { terminal: true, environment: { NO_COLOR: '1' } })).toBe(false);
  expect(await hasColor(['--no-color'], { terminal: true })).toBe(false);
  expect(await hasColor(['--color'], { environment: { NO_COLOR: '1' } })).toBe(true);
});

test('HEPSIM_CALICO_VERSION chooses the version, --calico-version goes first', async () => {
  const environment = { HEPSIM_CALICO_VERSION: '3.32' };
  expect((await runCli([...trace, TO_WEB], { environment })).out).toMatch(/^calico +3\.32 /m);
  const args = [...trace, '--calico-version', '3.9', TO_WEB];
  expect((await runCli(args, { environment })).out).toMatch(/^calico +3\.9 /m);
  const unknown = await runCli([...trace, TO_WEB], { environment: { HEPSIM_CALICO_VERSION: '4' } });
  expect(unknown.code).toBe(2);
});

test('FELIX_ variables take part', async () => {
  const ssh = 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0';
  expect((await runCli([...trace, '-q', ssh])).out).toBe('accept\n');
  const environment = { FELIX_FAILSAFEINBOUNDHOSTPORTS: 'none' };
  expect((await runCli([...trace, '-q', ssh], { environment })).out).toBe('drop\n');
});

test('rules of the host itself run in their place, and decide by their line', async () => {
  const own = WEB_HOST.replace(']}]', ']}, {name: eth1, addresses: [198.51.100.1/24]}]').replace(
    'routes:',
    'iptables: |\n    *filter\n    :INPUT DROP [0:0]\n    -A INPUT -s 198.51.100.9/32 -j DROP\n    -A INPUT -s 198.51.100.8/32 -j ACCEPT\n    COMMIT\n  routes:',
  );
  const both = filesIn({ 'policy.yaml': WEB_POLICY, 'host.yaml': own });
  const resultOf = async (packet: string) =>
    JSON.parse((await runCli(['trace', '-f', both, '-o', 'json', packet])).out);
  const line = own.split('\n').findIndex((text) => text.includes(':INPUT DROP')) + 1;
  const decided = (from: string) => resultOf(`tcp ${from}:40000 -> 192.0.2.10:80 in=eth1`);
  const place = { kind: 'foreign', hook: 'input', table: 'filter', chain: 'INPUT' };
  const file = join(both, 'host.yaml');
  expect(await decided('198.51.100.9')).toMatchObject({
    verdict: 'drop',
    // Ours is the first rule of the chain.
    decision: { ...place, rule: 2, source: { file, line: line + 1 } },
  });
  expect(await decided('198.51.100.8')).toMatchObject({
    verdict: 'accept',
    decision: { ...place, rule: 3, source: { file, line: line + 2 } },
  });
  expect(await decided('198.51.100.7')).toMatchObject({
    verdict: 'drop',
    decision: { ...place, rule: 0, source: { file, line } },
  });
  // Policy accepts for good, before the host's own rules are asked.
  expect(await resultOf(TO_WEB)).toMatchObject({ verdict: 'accept' });
  expect(await resultOf('icmp 192.0.2.10 -> 203.0.113.7 in=local')).toMatchObject({
    verdict: 'drop',
  });
});

const DRESSED = `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}]
  iptables: |
    *filter
    :INPUT ACCEPT [0:0]
    :hep-INPUT - [0:0]
    -A INPUT -m comment --comment "hep:abcdefghijkl" -j hep-INPUT
    -A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j DROP
    -A hep-INPUT -p tcp -m tcp --dport 80 -j DROP
    COMMIT
`;

describe('a host that has rules of hepsim already', () => {
  const dressed = join(filesIn({ 'host.yaml': DRESSED }), 'host.yaml');
  const both = filesIn({ 'host.yaml': DRESSED, 'policy.yaml': WEB_POLICY });
  const SSH = 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0';

  test('is run as it is with --as-is, without any policy', async () => {
    const { code, out } = await runCli(['trace', '-f', dressed, '--as-is', TO_WEB]);
    expect(code).toBe(0);
    expect(out).toMatch(/rules +as is \(exactly what/);
    expect(out).toMatch(/^DROP/m);
    expect(out).toMatch(/in +input, filter hep-INPUT rule 1/);
    expect(out).toMatch(/at +\S+host\.yaml:13/);
  });

  test('and otherwise as apply would leave it, which the output says', async () => {
    const { out } = await runCli(['trace', '-f', both, TO_WEB]);
    expect(out).toMatch(/rules +hepsim's own rules are on the host already/);
    expect(out).toMatch(/^ACCEPT/m);
  });

  test('what nobody knows can be assumed, of a kind or of one rule', async () => {
    const verdict = async (...more: readonly string[]) =>
      (await runCli(['trace', '-f', dressed, '--as-is', '-q', ...more, SSH])).out;
    expect(await verdict()).toBe('undetermined\n');
    expect(await verdict('--assume', 'limit=under')).toBe('drop\n');
    expect(await verdict('--assume', 'filter/INPUT/2=no-match')).toBe('accept\n');
    const wrong = await runCli([
      'trace',
      '-f',
      dressed,
      '--as-is',
      '--assume',
      'filter/INPUT/9=match',
      SSH,
    ]);
    expect(wrong.code).toBe(2);
    expect(wrong.error).toContain('no rule 9 in chain INPUT of table filter');
  });

  test('a host that no document describes cannot be run as it is', async () => {
    const policy = join(filesIn({ 'web.yaml': WEB_POLICY }), 'web.yaml');
    const { code, error } = await runCli(['trace', '-f', policy, '--as-is', TO_WEB]);
    expect(code).toBe(2);
    expect(error).toContain('--as-is: no Host document describes');
  });
});

test('text of documents cannot send control sequences to the terminal', async () => {
  const evil = WEB_POLICY.replace('- action: Allow', '- action: Allow # \u001b[2J');
  const file = filesIn({ 'policy.yaml': evil });
  const { out, error } = await runCli(['trace', '-f', file, TO_WEB]);
  expect(out + error).not.toContain('\u001b');
});

test('forms for programs name node and version on standard error, where they are in nobody’s way', async () => {
  const f = join(filesIn({ 'web.yaml': WEB_POLICY }), 'web.yaml');
  const { out, error } = await runCli(['trace', '-f', f, '-o', 'json', TO_WEB]);
  expect(JSON.parse(out)).toMatchObject({ verdict: 'accept' });
  expect(error).toMatch(/^note: node node1 \(/m);
  expect(error).toMatch(/^note: calico 3\.9 \(.*\)$/m);
  expect(error).toMatch(/^note: host derived \(/m);
});

test('documents that are empty are no documents', async () => {
  const { code, out, error } = await runCli(['trace', '-f', '-', TO_WEB], { stdin: '---\n' });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/^-:1:1: error: no documents in standard input/);
});

test('a derived host without addresses is warned of, also when quiet', async () => {
  const endpoint = WEB_POLICY.replace(', expectedIPs: [192.0.2.10]', '');
  const { out, error } = await runCli(['trace', '-f', '-', '-q', TO_WEB], { stdin: endpoint });
  expect(out).toMatch(/^\w+\n$/);
  expect(error).toMatch(/^warning: no document says which addresses the host has/);
});
