import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pcapFile } from '../support/capture-files.ts';
import { filesIn, runCli, TO_OTHER, TO_WEB, WEB_HOST, WEB_POLICY } from './run-cli.ts';

const scenario = (cases: string, more = ''): string => `apiVersion: hepsim/v1
kind: Scenario
metadata: {name: web}
spec:
  node: node1
  resources: [policy.yaml, host.yaml]
  cases:
${cases}
${more}`;

const OPEN = `    - name: port 80 is open
      packet: ${TO_WEB}
      expect: {verdict: accept, policy: web}`;
const WRONG = `    - name: it's <wrong> & "so"
      packet: ${TO_OTHER}
      expect: {verdict: accept, delivered: local}`;

const directoryOf = (text: string): string =>
  filesIn({ 'policy.yaml': WEB_POLICY, 'host.yaml': WEB_HOST, 'scenario.yaml': text });

test('passing cases exit with 0 and are counted', async () => {
  const { code, out, error } = await runCli(['test', '-q', directoryOf(scenario(OPEN))]);
  expect({ code, out, error }).toEqual({ code: 0, out: '1 passed, 0 failed\n', error: '' });
});

test('scenarios are found by their content, in directories and by their own path', async () => {
  const directory = directoryOf(scenario(OPEN));
  expect((await runCli(['test', '-q', join(directory, 'scenario.yaml')])).code).toBe(0);
  const none = await runCli(['test', join(directory, 'policy.yaml')]);
  expect({ code: none.code, out: none.out }).toEqual({ code: 2, out: '' });
  expect(none.error).toMatch(/policy\.yaml:1:1: error: no scenario is there/);
});

test('a path without a scenario is an error beside one that has some, and no scenario runs twice', async () => {
  const directory = directoryOf(scenario(OPEN));
  const [file, policy] = [join(directory, 'scenario.yaml'), join(directory, 'policy.yaml')];
  expect(await runCli(['test', file, policy])).toMatchObject({ code: 2, out: '' });
  expect((await runCli(['test', '-q', directory, file])).out).toBe('1 passed, 0 failed\n');
});

test('a failing case shows what was expected, what came, the trace, and a command that shows the same', async () => {
  const directory = directoryOf(scenario(`${OPEN}\n${WRONG}`));
  const { code, out } = await runCli(['test', directory]);
  expect(code).toBe(1);
  expect(out).toContain('FAIL  web: it\'s <wrong> & "so"');
  expect(out).toContain('verdict: expected "accept", got "drop"');
  expect(out).toContain('delivered: expected "local", got null');
  expect(out).toContain('PREROUTING  in eth0');
  expect(out).toContain('1 passed, 1 failed');
  const command = /again: hepsim trace --scenario (\S+) '([^']+)'$/m.exec(out);
  const file = join(directory, 'scenario.yaml');
  expect(command?.[1]).toMatch(new RegExp(`^'?${file}#web'?$`));
  const again = await runCli(['trace', '--scenario', `${file}#web`, '-q', command?.[2] ?? '']);
  expect(again).toEqual({ code: 0, out: 'drop\n', error: '' });
});

test('a failing step of a flow is reproduced with the packets before it', async () => {
  const flow = `    - name: the whole connection
      flow:
        - packet: ${TO_WEB}
          expect: accept
        - reply: {}
          expect: {verdict: accept, delivered: eth0, state: new}`;
  const { code, out } = await runCli(['test', directoryOf(scenario(flow))]);
  expect(code).toBe(1);
  expect(out).toContain('state: expected "new", got "established"');
  const again =
    /again: printf '%s\\n' '([^']+)' '([^']+)' \| hepsim trace --scenario \S+ --packets -$/m.exec(
      out,
    );
  expect(again?.[1]).toBe(TO_WEB);
  expect(again?.[2]).toBe('tcp 192.0.2.10:80 -> 203.0.113.7:40000 in=local flags=SA');
});

test('a reply to a packet that arrived nowhere is an error of that step', async () => {
  const flow = `    - name: nobody there
      flow:
        - packet: ${TO_OTHER}
        - reply: {}
          expect: accept`;
  const { code, out } = await runCli(['test', directoryOf(scenario(flow))]);
  expect(code).toBe(1);
  expect(out).toMatch(/scenario\.yaml:11:\d+: nobody replies: the packet before was not delivered/);
});

test('undetermined satisfies no other expectation', async () => {
  const own = `${WEB_HOST}  iptables: |\n    *filter\n    :FORWARD ACCEPT [0:0]\n    -A FORWARD -j NFQUEUE --queue-num 0\n    COMMIT\n`;
  const cases = (expectation: string): string =>
    scenario(`    - name: through the host
      packet: tcp 192.0.2.99:40000 -> 203.0.113.9:80 in=eth0
      expect: ${expectation}`);
  const run = async (expectation: string) =>
    (
      await runCli([
        'test',
        '-q',
        filesIn({
          'policy.yaml': 'apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {name: node1}\n',
          'host.yaml': own,
          'scenario.yaml': cases(expectation),
        }),
      ])
    ).code;
  expect(await run('undetermined')).toBe(0);
  expect(await run('{delivered: null}')).toBe(1);
  expect(await run('{state: new}')).toBe(1);
  expect(await run('drop')).toBe(1);
});

test('invariants are counted as not yet proved, neither passed nor failed', async () => {
  const invariants = `  invariants:
    - name: only port 80
      packets: {in: eth0, proto: tcp, dport: 81}
      expect: drop
`;
  const { code, out } = await runCli(['test', directoryOf(scenario(OPEN, invariants)), '-q']);
  expect({ code, out }).toEqual({
    code: 0,
    out: '1 passed, 0 failed, 1 invariant not yet proved\n',
  });
  const alone = scenario(OPEN, invariants).replace(/ {2}cases:\n[\s\S]*?(?= {2}invariants:)/, '');
  expect(await runCli(['test', directoryOf(alone), '-q'])).toMatchObject({
    code: 1,
    out: '0 passed, 0 failed, 1 invariant not yet proved\n',
  });
});

test('unknown fields of expectations and packets are errors with their place, before anything runs', async () => {
  const cases = `    - name: wrong in many ways
      packet: tcpp 1.2.3.4:1 -> 1.2.3.5:2 in=eth0
      expect: {polcy: web}
    - name: a value that does not exist
      packet: ${TO_WEB}
      expect: {kind: polcy}`;
  const { code, out, error } = await runCli(['test', directoryOf(scenario(cases))]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/scenario\.yaml:9:\d+: error: /);
  expect(error).toMatch(/scenario\.yaml:10:\d+: error: .*`polcy`/);
  expect(error).toContain('Did you mean `policy`?');
  expect(error).toMatch(/scenario\.yaml:13:\d+: error: .*`kind`/);
});

test('a document that a scenario names and that is not there is said where the scenario names it', async () => {
  const text = scenario(OPEN).replace('host.yaml', 'hots.yaml');
  const { code, error } = await runCli(['test', directoryOf(text)]);
  expect(code).toBe(2);
  expect(error).toMatch(/scenario\.yaml:6:\d+: error: .*hots\.yaml/);
});

test('--filter takes a part of the name or a regular expression, --fail-fast stops', async () => {
  const directory = directoryOf(scenario(`${WRONG}\n${OPEN}`));
  const run = async (...args: readonly string[]) =>
    (await runCli(['test', '-q', directory, ...args])).out;
  expect(await run('--filter', 'port 80')).toBe('1 passed, 0 failed\n');
  expect(await run('--filter', '/^web: PORT/i')).toBe('1 passed, 0 failed\n');
  expect(await run('--fail-fast')).toBe('0 passed, 1 failed, 1 not run\n');
  expect((await runCli(['test', directory, '--filter', 'nothing like it'])).code).toBe(2);
  expect((await runCli(['test', directory, '--filter', '/(/'])).code).toBe(2);
});

test('each case begins with an empty connection table', async () => {
  const cases = `${OPEN}
    - name: the answer alone is invalid
      packet: {in: local, proto: tcp, src: 192.0.2.10, sport: 80, dst: 203.0.113.7, dport: 40000, flags: SA}
      expect: {verdict: drop, state: invalid}`;
  expect((await runCli(['test', '-q', directoryOf(scenario(cases))])).code).toBe(0);
});

test('a scenario of several in a file is chosen by its name', async () => {
  const two = `${scenario(OPEN)}---\n${scenario(OPEN).replace('name: web', 'name: other')}`;
  const file = join(directoryOf(two), 'scenario.yaml');
  expect((await runCli(['trace', '--scenario', `${file}#other`, '-q', TO_WEB])).out).toBe(
    'accept\n',
  );
  const unnamed = await runCli(['trace', '--scenario', file, TO_WEB]);
  expect(unnamed.code).toBe(2);
  expect(unnamed.error).toContain(`${file}#other`);
});

test('-o json, junit, tap and github each report every case', async () => {
  const directory = directoryOf(scenario(`${OPEN}\n${WRONG}`));
  const json = await runCli(['test', directory, '-o', 'json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    passed: 1,
    failed: 1,
    cases: [
      { name: 'port 80 is open', passed: true },
      { passed: false, failures: [{ kind: 'expectation' }] },
    ],
  });
  const junit = await runCli(['test', directory, '-o', 'junit']);
  expect(junit.out).toContain('tests="2" failures="1"');
  expect(junit.out).toContain('name="it\'s &lt;wrong&gt; &amp; &quot;so&quot;"');
  const tap = await runCli(['test', directory, '-o', 'tap']);
  expect(tap.out).toMatch(/^TAP version 14\n1\.\.2\nok 1 - web: port 80 is open\nnot ok 2 - /);
  const github = await runCli(['test', directory, '-o', 'github']);
  expect(github.out).toMatch(/^::error file=[^,]+scenario\.yaml,line=11,col=\d+,title=web%3A it's/);
});

test('a replay whose capture is not there is a wrong input where it stands, and says nothing of packets', async () => {
  const missing = '    - {name: a, replay: {capture: nothing.pcap}, expect: {drop: 0}}';
  const absent = await runCli(['test', directoryOf(scenario(missing))]);
  expect(absent).toMatchObject({ code: 2, out: '' });
  expect(absent.error).toMatch(/scenario\.yaml:\d+:\d+: error: .*nothing\.pcap: there is no such/);
  const misspelt = missing.replace('capture', 'captur');
  const { code, error } = await runCli(['test', directoryOf(scenario(misspelt))]);
  expect(code).toBe(2);
  expect(error).toContain('Did you mean `capture`?');
  expect(error).not.toContain('no `flow`');
});

test('a scenario whose name holds # is found again', async () => {
  const directory = filesIn({
    'web.yaml': WEB_POLICY,
    's.yaml': `apiVersion: hepsim/v1
kind: Scenario
metadata: {name: "case #1"}
spec:
  node: node1
  resources: [web.yaml]
  cases: [{name: c, packet: ${TO_WEB.replace(' -> ', ' to ')}, expect: accept}]
`,
  });
  const reference = `${join(directory, 's.yaml')}#case #1`;
  const { code, out } = await runCli(['trace', '--scenario', reference, '-q', TO_WEB]);
  expect({ code, out }).toEqual({ code: 0, out: 'accept\n' });
});

test('a packet on an interface that the host does not have is a wrong input where it stands', async () => {
  const directory = directoryOf(
    scenario(
      `    - name: a slip\n      packet: ${TO_WEB.replace('eth0', 'eth9')}\n      expect: accept`,
    ),
  );
  const { code, out, error } = await runCli(['test', directory]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/scenario\.yaml:8:7: error: the host has no interface `eth9`/);
  expect(error).toContain('It has `lo`, `eth0`');
});

test('a replay that fails names the command that runs it again', async () => {
  const directory = filesIn({
    'policy.yaml': WEB_POLICY,
    'host.yaml': WEB_HOST,
    'scenario.yaml': scenario(
      "    - {name: yesterday's, replay: {capture: a.pcap}, expect: {packets: 7}}",
    ),
  });
  writeFileSync(join(directory, 'a.pcap'), pcapFile([]));
  const { code, out } = await runCli(['test', directory]);
  expect(code).toBe(1);
  const file = join(directory, 'scenario.yaml');
  const [, shown] = /again: (hepsim test .*)$/m.exec(out) ?? [];
  expect(shown).toBe(`hepsim test ${file} --filter 'web: yesterday'\\''s'`);
  const again = await runCli(['test', file, '--filter', "web: yesterday's", '-q']);
  expect(again).toMatchObject({ code: 1, out: '0 passed, 1 failed\n' });
});
