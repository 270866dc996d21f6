import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn, runCli, WEB_POLICY } from './run-cli.ts';

const directory = filesIn({ 'policy.yaml': WEB_POLICY });
const compile = ['compile', '-f', directory];

test('prints what iptables-restore takes, and the digest on standard error', async () => {
  const { code, out, error } = await runCli(compile);
  expect(code).toBe(0);
  expect(out).toMatch(/^\*raw\n/);
  expect(out.match(/^COMMIT$/gm)?.length).toBe(out.match(/^\*/gm)?.length);
  expect(error).toMatch(/^note: calico .*\n(?:.*\n)*digest: sha256:[0-9a-f]{64}\n$/m);
});

test('the digest is of everything, whichever part is printed', async () => {
  const digests = await Promise.all(
    [[], ['--ip-version', '6'], ['-o', 'ipset'], ['-o', 'json']].map(
      async (args) => (await runCli([...compile, ...args])).error,
    ),
  );
  expect(new Set(digests).size).toBe(1);
  const other = filesIn({ 'policy.yaml': WEB_POLICY.replace('[80]', '[81]') });
  expect((await runCli(['compile', '-f', other])).error).not.toBe(digests[0]);
});

test('-v says how much it is, -q nothing', async () => {
  const { out, error } = await runCli([...compile, '-v']);
  const rules = out.split('*filter')[1]?.match(/^-[AI] /gm)?.length;
  expect(error).toMatch(new RegExp(`^note: IPv4 filter: \\d+ chains, ${rules} rules$`, 'm'));
  expect(await runCli([...compile, '-q', '--no-color'])).toEqual({ code: 0, out, error: '' });
});

test('--ip-version 6 prints the rules of the other family', async () => {
  const v4 = await runCli([...compile]);
  const v6 = await runCli([...compile, '--ip-version', '6']);
  expect(v6.out).toContain('--dport');
  expect(v6.out).not.toBe(v4.out);
  expect((await runCli([...compile, '--ip-version', '5'])).code).toBe(2);
});

test('-o json gives every rule its text and its origin', async () => {
  const { rulesets, node } = JSON.parse((await runCli([...compile, '-o', 'json'])).out);
  expect(node).toBe('node1');
  expect(rulesets.map((one: { family: number }) => one.family)).toEqual([4, 6]);
  interface JsonRule {
    readonly text: string;
    readonly origin?: { file: string; line: number };
    readonly meaning?: { kind: string };
  }
  const rules: JsonRule[] = rulesets[0].tables.flatMap(
    (table: { chains: { rules: JsonRule[] }[] }) => table.chains.flatMap((chain) => chain.rules),
  );
  const ofPolicy = rules.filter((rule) => rule.meaning?.kind === 'policy');
  expect(ofPolicy).not.toEqual([]);
  for (const rule of ofPolicy) {
    expect(rule.origin).toMatchObject({ file: join(directory, 'policy.yaml'), line: 16 });
  }
});

test('Services are printed only with --with-services', async () => {
  const service = `${WEB_POLICY}---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: ClusterIP, clusterIP: 10.96.0.10, ports: [{port: 80, protocol: TCP}]}
`;
  const given = ['compile', '-f', filesIn({ 'all.yaml': service })];
  expect((await runCli(given)).out).not.toContain('KUBE-');
  expect((await runCli([...given, '--with-services'])).out).toContain('KUBE-SERVICES');
});

test('--out-dir writes three files for their owner alone, and nothing else', async () => {
  const target = join(filesIn({}), 'deep', 'rules');
  const { code, out, error } = await runCli([...compile, '--out-dir', target]);
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(error).toMatch(/^digest: /m);
  expect(readdirSync(target).sort()).toEqual(['ipsets', 'iptables.v4', 'iptables.v6']);
  expect(statSync(target).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(target)) {
    expect(statSync(join(target, name)).mode & 0o777).toBe(0o600);
  }
  expect(readFileSync(join(target, 'iptables.v4'), 'utf8')).toBe((await runCli(compile)).out);
});

test('a directory that cannot be written exits with 3 and leaves what is there', async () => {
  const place = filesIn({ file: 'a file, not a directory' });
  const { code, error } = await runCli([...compile, '--out-dir', join(place, 'file')]);
  expect(code).toBe(3);
  expect(error).toContain('cannot write');
  expect(readFileSync(join(place, 'file'), 'utf8')).toBe('a file, not a directory');
});

test('what was left over from a run that was killed is no obstacle', async () => {
  const place = filesIn({});
  writeFileSync(join(place, `.ipsets.${process.pid}.tmp`), 'half');
  expect((await runCli([...compile, '--out-dir', place])).code).toBe(0);
  expect(existsSync(join(place, `.ipsets.${process.pid}.tmp`))).toBe(false);
});

test('a directory that cannot be made is refused by the environment, at once', async () => {
  const policy = join(filesIn({ 'web.yaml': WEB_POLICY }), 'web.yaml');
  const { code, error } = await runCli(['compile', '-f', policy, '--out-dir', '/proc/none/below']);
  expect(code).toBe(3);
  expect(error).toContain('cannot write to /proc/none/below');
});
