import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ended, hasPending, until } from '../support/apply-host.ts';
import { ENDPOINT } from '../support/apply-policies.ts';
import { pcapFile } from '../support/capture-files.ts';
import { FOREIGN_RULES } from '../support/fault-policies.ts';
import { ipPacket } from '../support/frames.ts';
import { hostSuite } from '../support/kernel-suite.ts';

const WEB = 'tcp 198.51.100.7:4000 -> 192.0.2.10:8080 flags=S';
const RAW = { linkType: 101 };

hostSuite('apply', {}, (at) => {
  const { documents, build } = at;
  beforeEach(() => {
    at.host.namespace.run('ipset', ['create', 'mine', 'hash:net']);
    at.host.tools.restoreRules(4, FOREIGN_RULES);
  });

  test('writes rules, changes them, goes back, and leaves no trace', { timeout: 120_000 }, () => {
    const before = at.host.saved();
    const first = at.host.hepsim('apply', ...documents(8080));
    expect(first).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('-j hep-INPUT');
    const digest = /digest: (sha256:\w{64})/.exec(first.stdout)?.[1] as string;
    expect(at.host.saved()).toContain(`"hep:applied ${digest}"`);
    const again = at.host.hepsim('apply', ...documents(8080));
    expect(again).toMatchObject({ status: 0 });
    expect(again.stdout).toContain('nothing to change');

    const one = at.host.saved();
    const dry = at.host.hepsim('apply', ...documents(8081), '--dry-run');
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stdout).toMatch(/\+ .*--dports 8081/);
    expect(at.host.saved()).toBe(one);
    expect(at.host.hepsim('apply', ...documents(8081))).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('--dports 8081');

    const status = at.host.hepsim('status');
    expect(status).toMatchObject({ status: 0 });
    expect(status.stdout).toContain('no drift');
    expect(at.host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(one);
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(before);
    expect(readdirSync(at.host.folder)).not.toContain('state');
  });

  test('says for programs what confirm, rollback and remove have done', {
    timeout: 60_000,
  }, async () => {
    const json = (command: string, status = 0): unknown => {
      const run = at.host.hepsim(command, '-o', 'json', '-q');
      expect(run.status).toBe(status);
      return JSON.parse(run.stdout);
    };
    const apply = (port: number, ...more: readonly string[]): string => {
      const run = at.host.hepsim('apply', ...documents(port), '-o', 'json', ...more);
      return JSON.parse(run.stdout).digest;
    };
    const first = apply(8080);
    expect(json('confirm', 1)).toEqual({ confirmed: false, apply: null, digest: null });
    const second = apply(8081, '--confirm-within', '600s', '--no-wait');
    expect(json('confirm')).toEqual({ confirmed: true, apply: 2, digest: second });
    expect(json('rollback')).toEqual({ rolledBack: 2, inForce: { apply: 1, digest: first } });
    expect(json('rollback')).toEqual({ rolledBack: 1, inForce: null });
    apply(8080);
    expect(json('remove')).toEqual({ removed: true });
    expect(json('remove')).toEqual({ removed: false });
    expect(at.host.hepsim('remove', '-o', 'yaml')).toMatchObject({ status: 2 });
  });

  test('sends, for a first apply, the very bytes that compile prints', { timeout: 60_000 }, () => {
    for (const program of ['ipset', 'iptables-restore', 'ip6tables-restore']) {
      at.host.wrap(
        program,
        `[ "$1" = --version ] && exec env PATH=${at.host.plainPath} ${program} "$@"
n=$(mktemp ${at.host.folder}/sent-XXXXXX); cat > $n; exec env PATH=${at.host.plainPath} ${program} "$@" < $n`,
      );
    }
    const sets =
      '---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: a, labels: {a: b}}\nspec: {nets: [192.0.2.0/24]}\n';
    const args = documents(8080, `  - {action: Deny, destination: {selector: has(a)}}\n${sets}`);
    const applied = at.host.hepsim('apply', ...args);
    expect(applied).toMatchObject({ status: 0 });
    const out = join(at.host.folder, 'out');
    at.host.environment = {};
    const compiled = at.host.namespace.run(process.execPath, [
      'bin/hepsim.js',
      'compile',
      ...args,
      '--out-dir',
      out,
    ]);
    expect(compiled).toMatchObject({ status: 0 });
    expect(applied.stdout).toContain(/digest: .*/.exec(compiled.stderr)?.[0] as string);
    const sent = readdirSync(at.host.folder)
      .filter((name) => name.startsWith('sent-'))
      .map((name) => readFileSync(join(at.host.folder, name), 'utf8'));
    for (const name of ['ipsets', 'iptables.v4', 'iptables.v6']) {
      expect(sent).toContain(readFileSync(join(out, name), 'utf8'));
    }
  });

  test('refuses rules that would cut the SSH connection in use, shows where, and goes on when forced', {
    timeout: 60_000,
  }, () => {
    const before = at.host.saved();
    at.host.environment.SSH_CONNECTION = '203.0.113.7 40000 192.0.2.10 2222';
    const refused = at.host.hepsim('apply', ...documents(2222));
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('a new SSH connection like the one in use');
    expect(refused.stderr).toContain('DROP');
    expect(at.host.saved()).toBe(before);
    at.host.environment.SSH_CONNECTION = '198.51.100.7 40000 192.0.2.10 2222';
    expect(at.host.hepsim('apply', ...documents(2222))).toMatchObject({ status: 0 });
    at.host.environment.SSH_CONNECTION = '203.0.113.7 40000 192.0.2.10 2222';
    expect(at.host.hepsim('apply', ...documents(2223), '--force')).toMatchObject({ status: 0 });
    expect(at.host.hepsim('status').stdout).toMatch(/forced +a new SSH connection/);
  });

  test('keeps what --keep, scenarios and loopback ask for', { timeout: 60_000 }, () => {
    const keep = (packet: string): number =>
      at.host.hepsim('apply', ...documents(8080), '--dry-run', '--keep', packet).status;
    expect(keep('tcp nonsense')).toBe(2);
    const kept = ['--keep', 'tcp 198.51.100.7:4000 -> 192.0.2.10:8080 in=eth0'];
    const lost = ['--keep', 'tcp 198.51.100.7:4000 -> 192.0.2.10:8081 in=eth0'];
    expect(at.host.hepsim('apply', ...documents(8080), ...kept, ...lost)).toMatchObject({
      status: 1,
    });
    const scenario = (expected: string): string =>
      at.host.write(
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
      at.host.hepsim('apply', ...documents(8080), '--scenarios', scenario(expected)).status;
    expect(held('drop')).toBe(1);
    expect(held('accept')).toBe(0);
    const replay = (counts: string): number => {
      const path = scenario('accept');
      writeFileSync(join(at.host.folder, 'web.pcap'), pcapFile([{ bytes: ipPacket(WEB) }], RAW));
      const text = readFileSync(path, 'utf8').replace(
        /packet: .*/,
        `replay: {capture: web.pcap, in: eth0}, expect: ${counts}}`,
      );
      writeFileSync(path, text);
      return at.host.hepsim('apply', ...documents(8080), '--scenarios', path).status;
    };
    expect(replay('{accept: 1}')).toBe(0);
    expect(replay('{accept: 0}')).toBe(1);
    at.host.namespace.run(`iptables-${build}`, ['-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT']);
    const all = ENDPOINT.replace('interfaceName: eth0', "interfaceName: '*'");
    const everywhere = [
      '-f',
      at.host.write('all.yaml', all),
      '-f',
      join(at.host.folder, 'policy.yaml'),
    ];
    const refused = at.host.hepsim(
      'apply',
      ...everywhere,
      '-n',
      'node1',
      '--calico-version',
      '3.32',
    );
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('loopback');
  });

  test('takes back what is not confirmed in time, and keeps what is', {
    timeout: 60_000,
  }, async () => {
    const before = at.host.saved();
    const late = at.host.hepsim('apply', ...documents(8080), '--confirm-within', '1s');
    expect(late).toMatchObject({ status: 4 });
    expect(at.host.saved()).toBe(before);
    const waiting = at.host.start('apply', ...documents(8080), '--confirm-within', '50s');
    const end = ended(waiting);
    await until(
      () => at.host.saved().includes('hep:applied') && at.host.hepsim('confirm').status === 0,
    );
    expect(await end).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('hep:applied');
    expect(at.host.hepsim('confirm')).toMatchObject({ status: 1 });
  });

  test('takes back what is not confirmed even when apply itself was killed', {
    timeout: 60_000,
  }, async () => {
    const before = at.host.saved();
    const waiting = at.host.start('apply', ...documents(8080), '--confirm-within', '8s');
    const end = ended(waiting);
    await until(() => at.host.saved().includes('hep:applied') && hasPending(at.host));
    waiting.kill('SIGKILL');
    await end;
    await until(() => at.host.saved() === before);
    await until(() => !hasPending(at.host));
    expect(at.host.hepsim('status').stdout).toContain('was not confirmed within 8 s');
  });

  test('takes back what is not confirmed when the terminal is gone with all that ran in it', {
    timeout: 60_000,
  }, async () => {
    const before = at.host.saved();
    const terminal = at.host.onTerminal('apply', ...documents(8080), '--confirm-within', '8s');
    const end = ended(terminal);
    await until(() => at.host.saved().includes('hep:applied') && hasPending(at.host));
    // Its side of the terminal closes, and the kernel hangs up whoever is on the other.
    terminal.kill('SIGKILL');
    await end;
    await until(() => at.host.saved() === before);
  });

  test('lists connections that the new rules deny, and ends them when asked to', {
    timeout: 60_000,
  }, () => {
    const connection = ['-p', 'tcp', '-s', '198.51.100.7', '-d', '192.0.2.10'];
    const ports = ['--sport', '4000', '--dport', '8080', '--state', 'ESTABLISHED', '-t', '300'];
    const assured = ['-u', 'ASSURED,SEEN_REPLY'];
    const made = at.host.namespace.run('conntrack', ['-I', ...connection, ...ports, ...assured]);
    expect(made).toMatchObject({ status: 0 });
    const live = (): string => at.host.namespace.run('conntrack', ['-L', '-p', 'tcp']).stdout;
    const kept = at.host.hepsim('apply', ...documents(8080));
    expect(kept.stdout).not.toContain('denied:');
    const told = at.host.hepsim('apply', ...documents(8081));
    expect(told.stdout).toContain('denied: tcp 198.51.100.7:4000 -> 192.0.2.10:8080');
    expect(live()).toContain('dport=8080');
    const cut = at.host.hepsim('apply', ...documents(8082), '--cut-denied');
    expect(cut.stdout).toContain('1 of 1 denied connections were ended');
    expect(live()).not.toContain('dport=8080');
  });

  test('keeps its record to itself', { timeout: 60_000 }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(statSync(at.host.stateDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(at.host.stateDir, { recursive: true, encoding: 'utf8' })) {
      expect(statSync(join(at.host.stateDir, name)).mode & 0o077).toBe(0);
    }
  });

  test('asks the guard also where nothing changes, and refuses a datastore that is none', {
    timeout: 60_000,
  }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = at.host.saved();
    const kept = 'tcp 198.51.100.7:40000 -> 192.0.2.10:8081 in=eth0';
    const again = at.host.hepsim('apply', ...documents(8080), '--keep', kept);
    expect(again).toMatchObject({ status: 1 });
    expect(again.stdout).toContain('nothing to change');
    expect(again.stderr).toContain('these very rules are in force');
    const forced = at.host.hepsim('apply', ...documents(8080), '--keep', kept, '--force');
    expect(forced).toMatchObject({ status: 0 });
    const allowed = kept.replace('8081', '8080');
    expect(at.host.hepsim('apply', ...documents(8080), '--keep', allowed).status).toBe(0);
    expect(at.host.hepsim('apply', ...documents(8080), '--datastore', 'x').status).toBe(2);
    expect(at.host.hepsim('apply', '--watch', join(at.host.folder, 'nothing')).status).toBe(2);
    expect(at.host.saved()).toBe(before);
  });

  test('says in words what is no longer as it was applied', { timeout: 60_000 }, () => {
    at.host.hepsim('apply', ...documents(8080));
    const iptables = `iptables-${build}`;
    at.host.namespace.run(iptables, ['-D', 'hep-pi-web', '1']);
    at.host.namespace.run(iptables, ['-I', 'INPUT', '1', '-s', '192.0.2.9', '-j', 'ACCEPT']);
    const status = at.host.hepsim('status');
    expect(status).toMatchObject({ status: 1 });
    expect(status.stdout).toMatch(
      /drift: rule 1 of hep-pi-web \(IPv4 filter\) is gone .*: tcp port 8080 from 198.51.100.0\/24 would now be dropped instead of accepted/,
    );
    expect(status.stdout).toMatch(/drift: our rule in INPUT .* does not stand where it was put/);
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('-A INPUT -s 192.0.2.9/32 -j ACCEPT');
  });
});
