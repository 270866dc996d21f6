import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/apply/kernel-tools.ts';
import { ApplyHost, ended, hasPending, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { pcapFile } from '../support/capture-files.ts';
import { FOREIGN_RULES } from '../support/fault-policies.ts';
import { ipPacket } from '../support/frames.ts';
import { whyNoNamespace } from '../support/namespace.ts';

const WEB = 'tcp 198.51.100.7:4000 -> 192.0.2.10:8080 flags=S';
const RAW = { linkType: 101 };

const BUILDS: readonly Build[] = ['legacy', 'nft'];

const reason = whyNoNamespace([
  'ipset',
  'flock',
  ...BUILDS.flatMap((build) => [`iptables-${build}-restore`, `ip6tables-${build}-restore`]),
]);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'apply' : `apply (skipped: ${reason})`;

describe.skipIf(reason !== undefined).each(BUILDS)(`${title}, %s build`, (build) => {
  let host: ApplyHost;
  beforeEach(async () => {
    host = await ApplyHost.start(build);
    host.namespace.run('ipset', ['create', 'mine', 'hash:net']);
    host.tools.restoreRules(4, FOREIGN_RULES);
  });
  afterEach(() => host.close());

  const documents = (port: number, more?: string): readonly string[] => [
    '-f',
    host.write('endpoint.yaml', ENDPOINT),
    '-f',
    host.write('policy.yaml', onePolicy(port, more)),
    '-n',
    'node1',
  ];

  test('writes rules, changes them, goes back, and leaves no trace', { timeout: 120_000 }, () => {
    const before = host.saved();
    const first = host.hepsim('apply', ...documents(8080));
    expect(first).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('-j hep-INPUT');
    const digest = /digest: (sha256:\w{64})/.exec(first.stdout)?.[1] as string;
    expect(host.saved()).toContain(`"hep:applied ${digest}"`);
    const again = host.hepsim('apply', ...documents(8080));
    expect(again).toMatchObject({ status: 0 });
    expect(again.stdout).toContain('nothing to change');

    const one = host.saved();
    const dry = host.hepsim('apply', ...documents(8081), '--dry-run');
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stdout).toMatch(/\+ .*--dports 8081/);
    expect(host.saved()).toBe(one);
    expect(host.hepsim('apply', ...documents(8081))).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('--dports 8081');

    const status = host.hepsim('status');
    expect(status).toMatchObject({ status: 0 });
    expect(status.stdout).toContain('no drift');
    expect(host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(one);
    expect(host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(before);
    expect(readdirSync(host.folder)).not.toContain('state');
  });

  test('sends, for a first apply, the very bytes that compile prints', { timeout: 60_000 }, () => {
    for (const program of ['ipset', 'iptables-restore', 'ip6tables-restore']) {
      host.wrap(
        program,
        `[ "$1" = --version ] && exec env PATH=${host.plainPath} ${program} "$@"
n=$(mktemp ${host.folder}/sent-XXXXXX); cat > $n; exec env PATH=${host.plainPath} ${program} "$@" < $n`,
      );
    }
    const sets =
      '---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: a, labels: {a: b}}\nspec: {nets: [192.0.2.0/24]}\n';
    const args = documents(8080, `  - {action: Deny, destination: {selector: has(a)}}\n${sets}`);
    const applied = host.hepsim('apply', ...args);
    expect(applied).toMatchObject({ status: 0 });
    const out = join(host.folder, 'out');
    host.environment = {};
    const compiled = host.namespace.run(process.execPath, [
      'bin/hepsim.js',
      'compile',
      ...args,
      '--out-dir',
      out,
    ]);
    expect(compiled).toMatchObject({ status: 0 });
    expect(applied.stdout).toContain(/digest: .*/.exec(compiled.stderr)?.[0] as string);
    const sent = readdirSync(host.folder)
      .filter((name) => name.startsWith('sent-'))
      .map((name) => readFileSync(join(host.folder, name), 'utf8'));
    for (const name of ['ipsets', 'iptables.v4', 'iptables.v6']) {
      expect(sent).toContain(readFileSync(join(out, name), 'utf8'));
    }
  });

  test('refuses rules that would cut the SSH connection in use, shows where, and goes on when forced', {
    timeout: 60_000,
  }, () => {
    const before = host.saved();
    host.environment.SSH_CONNECTION = '203.0.113.7 40000 192.0.2.10 2222';
    const refused = host.hepsim('apply', ...documents(2222));
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('a new SSH connection like the one in use');
    expect(refused.stderr).toContain('DROP');
    expect(host.saved()).toBe(before);
    host.environment.SSH_CONNECTION = '198.51.100.7 40000 192.0.2.10 2222';
    expect(host.hepsim('apply', ...documents(2222))).toMatchObject({ status: 0 });
    host.environment.SSH_CONNECTION = '203.0.113.7 40000 192.0.2.10 2222';
    expect(host.hepsim('apply', ...documents(2223), '--force')).toMatchObject({ status: 0 });
    expect(host.hepsim('status').stdout).toMatch(/forced +a new SSH connection/);
  });

  test('keeps what --keep, scenarios and loopback ask for', { timeout: 60_000 }, () => {
    const keep = (packet: string): number =>
      host.hepsim('apply', ...documents(8080), '--dry-run', '--keep', packet).status;
    expect(keep('tcp nonsense')).toBe(2);
    const kept = ['--keep', 'tcp 198.51.100.7:4000 -> 192.0.2.10:8080 in=eth0'];
    const lost = ['--keep', 'tcp 198.51.100.7:4000 -> 192.0.2.10:8081 in=eth0'];
    expect(host.hepsim('apply', ...documents(8080), ...kept, ...lost)).toMatchObject({ status: 1 });
    const scenario = (expected: string): string =>
      host.write(
        'scenario.yaml',
        `apiVersion: hepsim/v1
kind: Scenario
metadata: {name: web}
spec:
  node: node1
  resources: []
  cases:
  - {name: the web, packet: 'tcp 198.51.100.7:4000 -> 192.0.2.10:8080 in=eth0', expect: ${expected}}
`,
      );
    const held = (expected: string): number =>
      host.hepsim('apply', ...documents(8080), '--scenarios', scenario(expected)).status;
    expect(held('drop')).toBe(1);
    expect(held('accept')).toBe(0);
    const replay = (counts: string): number => {
      const path = scenario('accept');
      writeFileSync(join(host.folder, 'web.pcap'), pcapFile([{ bytes: ipPacket(WEB) }], RAW));
      const text = readFileSync(path, 'utf8').replace(
        /packet: .*/,
        `replay: {capture: web.pcap, in: eth0}, expect: ${counts}}`,
      );
      writeFileSync(path, text);
      return host.hepsim('apply', ...documents(8080), '--scenarios', path).status;
    };
    expect(replay('{accept: 1}')).toBe(0);
    expect(replay('{accept: 0}')).toBe(1);
    host.namespace.run(`iptables-${build}`, ['-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT']);
    const all = ENDPOINT.replace('interfaceName: eth0', "interfaceName: '*'");
    const everywhere = ['-f', host.write('all.yaml', all), '-f', join(host.folder, 'policy.yaml')];
    const refused = host.hepsim('apply', ...everywhere, '-n', 'node1', '--calico-version', '3.32');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('loopback');
  });

  test('takes back what is not confirmed in time, and keeps what is', {
    timeout: 60_000,
  }, async () => {
    const before = host.saved();
    const late = host.hepsim('apply', ...documents(8080), '--confirm-within', '1s');
    expect(late).toMatchObject({ status: 4 });
    expect(host.saved()).toBe(before);
    const waiting = host.start('apply', ...documents(8080), '--confirm-within', '50s');
    const end = ended(waiting);
    await until(() => host.saved().includes('hep:applied') && host.hepsim('confirm').status === 0);
    expect(await end).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('hep:applied');
    expect(host.hepsim('confirm')).toMatchObject({ status: 1 });
  });

  test('takes back what is not confirmed even when apply itself was killed', {
    timeout: 60_000,
  }, async () => {
    const before = host.saved();
    const waiting = host.start('apply', ...documents(8080), '--confirm-within', '3s');
    const end = ended(waiting);
    await until(() => host.saved().includes('hep:applied') && hasPending(host));
    waiting.kill('SIGKILL');
    await end;
    await until(() => host.saved() === before);
    await until(() => !hasPending(host));
    expect(host.hepsim('status').stdout).toContain('was not confirmed within 3 s');
  });

  test('lists connections that the new rules deny, and ends them when asked to', {
    timeout: 60_000,
  }, () => {
    const connection = ['-p', 'tcp', '-s', '198.51.100.7', '-d', '192.0.2.10'];
    const ports = ['--sport', '4000', '--dport', '8080', '--state', 'ESTABLISHED', '-t', '300'];
    const assured = ['-u', 'ASSURED,SEEN_REPLY'];
    const made = host.namespace.run('conntrack', ['-I', ...connection, ...ports, ...assured]);
    expect(made).toMatchObject({ status: 0 });
    const live = (): string => host.namespace.run('conntrack', ['-L', '-p', 'tcp']).stdout;
    const kept = host.hepsim('apply', ...documents(8080));
    expect(kept.stdout).not.toContain('denied:');
    const told = host.hepsim('apply', ...documents(8081));
    expect(told.stdout).toContain('denied: tcp 198.51.100.7:4000 -> 192.0.2.10:8080');
    expect(live()).toContain('dport=8080');
    const cut = host.hepsim('apply', ...documents(8082), '--cut-denied');
    expect(cut.stdout).toContain('1 of 1 denied connections were ended');
    expect(live()).not.toContain('dport=8080');
  });

  test('keeps its record to itself', { timeout: 60_000 }, () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(statSync(host.stateDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(host.stateDir, { recursive: true, encoding: 'utf8' })) {
      expect(statSync(join(host.stateDir, name)).mode & 0o077).toBe(0);
    }
  });

  test('asks the guard also where nothing changes, and refuses a datastore that is none', {
    timeout: 60_000,
  }, () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = host.saved();
    const kept = 'tcp 198.51.100.7:40000 -> 192.0.2.10:8081 in=eth0';
    const again = host.hepsim('apply', ...documents(8080), '--keep', kept);
    expect(again).toMatchObject({ status: 1 });
    expect(again.stdout).toContain('nothing to change');
    expect(again.stderr).toContain('these very rules are in force');
    const forced = host.hepsim('apply', ...documents(8080), '--keep', kept, '--force');
    expect(forced).toMatchObject({ status: 0 });
    const allowed = kept.replace('8081', '8080');
    expect(host.hepsim('apply', ...documents(8080), '--keep', allowed).status).toBe(0);
    expect(host.hepsim('apply', ...documents(8080), '--datastore', 'x').status).toBe(2);
    expect(host.hepsim('apply', '--watch', join(host.folder, 'nothing')).status).toBe(2);
    expect(host.saved()).toBe(before);
  });

  test('says in words what is no longer as it was applied', { timeout: 60_000 }, () => {
    host.hepsim('apply', ...documents(8080));
    const iptables = `iptables-${build}`;
    host.namespace.run(iptables, ['-D', 'hep-pi-web', '1']);
    host.namespace.run(iptables, ['-I', 'INPUT', '1', '-s', '192.0.2.9', '-j', 'ACCEPT']);
    const status = host.hepsim('status');
    expect(status).toMatchObject({ status: 1 });
    expect(status.stdout).toMatch(
      /drift: rule 1 of hep-pi-web \(IPv4 filter\) is gone .*: tcp port 8080 from 198.51.100.0\/24 would now be dropped instead of accepted/,
    );
    expect(status.stdout).toMatch(/drift: our rule in INPUT .* does not stand where it was put/);
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('-A INPUT -s 192.0.2.9/32 -j ACCEPT');
  });
});
