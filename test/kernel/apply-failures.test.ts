import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplyHost } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { whyNoNamespace } from '../support/namespace.ts';

const reason = whyNoNamespace([
  'ipset',
  'flock',
  'iptables-legacy-restore',
  'ip6tables-legacy-restore',
]);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'apply' : `apply (skipped: ${reason})`;

const OLD = /nothing was changed|rules from before are in force/;

describe.skipIf(reason !== undefined)(title, () => {
  let host: ApplyHost;
  let before: string;
  beforeEach(async () => {
    host = await ApplyHost.start('legacy');
    before = host.saved();
  });
  afterEach(() => host.close());

  const documents = (more?: string): readonly string[] => [
    ...['-f', host.write('endpoint.yaml', ENDPOINT)],
    ...['-f', host.write('policy.yaml', onePolicy(8080, more))],
    ...['-n', 'node1'],
  ];

  test.each([
    ['iptables-restore is missing', 'iptables-restore', 'exit 127'],
    ['ip6tables-restore fails', 'ip6tables-restore', 'echo no >&2; exit 2'],
    ['ipset fails', 'ipset', 'echo no >&2; exit 1'],
    ['iptables is too old', 'iptables-restore', 'echo "iptables-restore v1.4.21"'],
  ])('says that the old rules are in force when %s', { timeout: 60_000 }, (_, program, script) => {
    host.wrap(program, script);
    const { status, stderr } = host.hepsim('apply', ...documents());
    expect(status).toBe(3);
    expect(stderr).toMatch(OLD);
    expect(host.saved()).toBe(before);
  });

  test('gives up when somebody holds the lock of xtables, and says so', {
    timeout: 60_000,
  }, async () => {
    const lock = join(host.folder, 'xtables.lock');
    host.environment.XTABLES_LOCKFILE = lock;
    const holder = spawn('flock', [lock, '-c', 'echo held; exec sleep 60']);
    await once(holder.stdout, 'data');
    const { status, stderr } = host.hepsim('apply', ...documents(), '--lock-wait=1');
    holder.kill();
    expect(status).toBe(3);
    expect(stderr).toMatch(OLD);
    expect(host.saved()).toBe(before);
  });

  test('makes way for another hepsim, and names it when that takes too long', {
    timeout: 60_000,
  }, async () => {
    mkdirSync(host.stateDir, { mode: 0o700 });
    const holder = spawn('flock', [join(host.stateDir, 'lock'), '-c', 'echo held; exec sleep 60']);
    await once(holder.stdout, 'data');
    const { status, stderr } = host.hepsim('apply', ...documents(), '--lock-wait=1');
    holder.kill();
    expect(status).toBe(3);
    expect(stderr).toContain('another hepsim command is at work');
    expect(host.saved()).toBe(before);
  });

  test('changes nothing where the state directory is full, foreign, or open to others', {
    timeout: 60_000,
  }, () => {
    mkdirSync(host.stateDir, { mode: 0o777 });
    host.namespace.run('chmod', ['777', host.stateDir]);
    expect(host.hepsim('apply', ...documents())).toMatchObject({ status: 3 });
    host.namespace.run('chmod', ['700', host.stateDir]);
    // A limit on the size of files is a disk that is full: `before.json` still fits, the rules do not.
    const full = host.limited(['--fsize=4096'], 'apply', ...documents());
    expect(full.status).toBe(3);
    expect(full.stderr).toMatch(OLD);
    expect(host.saved()).toBe(before);
    expect(host.hepsim('apply', ...documents())).toMatchObject({ status: 0 });
  });

  test('keeps what others change meanwhile', { timeout: 60_000 }, () => {
    host.wrap(
      'ip6tables-restore',
      `PATH=${host.plainPath}
case "$1" in --version) ;; *) iptables -w -A INPUT -s 192.0.2.77 -j ACCEPT; ipset create -exist theirs hash:ip ;; esac
exec ip6tables-restore "$@"`,
    );
    expect(host.hepsim('apply', ...documents())).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('-A INPUT -s 192.0.2.77/32 -j ACCEPT');
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    host.environment = {};
    expect(host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('-A INPUT -s 192.0.2.77/32 -j ACCEPT');
    expect(host.saved()).toContain('create theirs');
  });

  test('refuses to take away what rules of others use', { timeout: 60_000 }, () => {
    expect(host.hepsim('apply', ...documents())).toMatchObject({ status: 0 });
    const applied = host.saved();
    host.namespace.run('iptables-legacy', ['-A', 'INPUT', '-j', 'hep-fh-eth0']);
    const { status, stderr } = host.hepsim('remove');
    expect(status).toBe(3);
    expect(stderr).toContain('-A INPUT -j hep-fh-eth0');
    host.namespace.run('iptables-legacy', ['-D', 'INPUT', '-j', 'hep-fh-eth0']);
    expect(host.saved()).toBe(applied);
  });

  test('takes nothing of a hostile document for a command, an option or a line', {
    timeout: 60_000,
  }, () => {
    const marks = join(host.folder, 'broken-out');
    const evil = [
      `$(touch ${marks})`,
      `"; touch ${marks}; "`,
      '\\" -j ACCEPT',
      'x\\nCOMMIT\\n*filter\\n-P INPUT DROP',
      '-j hep-INPUT',
      '../../../etc/passwd',
    ];
    const rules = evil
      .map(
        (text) =>
          `  - {action: Allow, metadata: {annotations: {note: ${JSON.stringify(text)}}}, protocol: TCP, destination: {ports: [7]}}`,
      )
      .join('\n');
    const version = ['--calico-version', '3.32'];
    expect(host.hepsim('apply', ...documents(rules), ...version)).toMatchObject({ status: 0 });
    expect(existsSync(marks)).toBe(false);
    expect(readdirSync(join(host.stateDir, 'generations', '1')).sort()).toEqual([
      'before.json',
      'ipsets',
      'iptables.v4',
      'iptables.v6',
    ]);
    expect(host.saved()).not.toContain(':INPUT DROP');
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    const again = host.hepsim('apply', ...documents(rules), ...version);
    expect(again.stdout).toContain('nothing to change');
    for (const name of ['a;reboot', 'a b', '../x', '-x', 'a"b']) {
      const named = onePolicy(1).replace('name: web', `name: ${JSON.stringify(name)}`);
      const file = host.write('named.yaml', named);
      const run = host.hepsim('apply', '-f', file, '-n', 'node1', '--dry-run');
      expect({ name, status: run.status }).toEqual({ name, status: 2 });
    }
  });
});
