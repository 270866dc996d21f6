import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { onePolicy } from '../support/apply-policies.ts';
import { hostSuite } from '../support/kernel-suite.ts';

const OLD = /nothing was changed|rules from before are in force/;

hostSuite('apply', { builds: ['legacy'] }, (at) => {
  const { documents } = at;
  let before: string;
  beforeEach(() => {
    before = at.host.saved();
  });

  test.each([
    ['iptables-restore cannot load its libraries', 'iptables-restore', 'exit 127'],
    ['ip6tables-restore fails', 'ip6tables-restore', 'echo no >&2; exit 2'],
    ['ipset fails', 'ipset', 'echo no >&2; exit 1'],
    ['iptables is too old', 'iptables-restore', 'echo "iptables-restore v1.4.21"'],
  ])('says that the old rules are in force when %s', { timeout: 60_000 }, (_, program, script) => {
    at.host.wrap(program, script);
    const { status, stderr } = at.host.hepsim('apply', ...documents(8080));
    expect(status).toBe(3);
    expect(stderr).toMatch(OLD);
    expect(at.host.saved()).toBe(before);
  });

  test.each([
    ['ipset', 'ipset'],
    ['iptables-restore', 'iptables-nft-restore', 'iptables-restore'],
    ['ip6tables-restore', 'ip6tables-nft-restore', 'ip6tables-restore'],
  ])(
    'says what is not installed, and that the old rules are in force: %s',
    {
      timeout: 60_000,
    },
    (name, ...programs) => {
      const { status, stderr } = at.host.without(programs, 'apply', ...documents(8080));
      expect(status).toBe(3);
      expect(stderr).toContain(`${name} is not installed`);
      expect(stderr).toMatch(OLD);
      expect(at.host.saved()).toBe(before);
      expect(at.host.hepsim('status').stdout).toContain('nothing is applied');
    },
  );

  test.each([
    ['iptables-restore', 's/--dports 8080/--dports none/', '-A hep-pi-web'],
    ['ip6tables-restore', 's/-p ipv6-icmp/-p nonesuch/', '-A hep-'],
    ['ipset', '/^add/p', 'add hep'],
  ])(
    'names the line that %s refuses, and leaves the old rules',
    {
      timeout: 60_000,
    },
    (program, edit, start) => {
      at.host.wrap(
        program,
        `PATH=${at.host.plainPath}
case "$1" in --noflush|restore) sed '${edit}' | ${program} "$@"; exit ;; esac
exec ${program} "$@"`,
      );
      const { status, stderr } = at.host.hepsim('apply', ...documents(8080));
      at.host.environment = {};
      expect(status).toBe(3);
      expect(stderr).toMatch(new RegExp(`line \\d+ is: ${start}`));
      expect(stderr).toMatch(OLD);
      expect(at.host.saved()).toBe(before);
    },
  );

  test('gives up when somebody holds the lock of xtables, and says so', {
    timeout: 60_000,
  }, async () => {
    const lock = join(at.host.folder, 'xtables.lock');
    at.host.environment.XTABLES_LOCKFILE = lock;
    const holder = spawn('flock', [lock, '-c', 'echo held; exec sleep 60']);
    await once(holder.stdout, 'data');
    const { status, stderr } = at.host.hepsim('apply', ...documents(8080), '--lock-wait=1');
    holder.kill();
    expect(status).toBe(3);
    expect(stderr).toMatch(OLD);
    expect(at.host.saved()).toBe(before);
  });

  test('makes way for another hepsim, and names it when that takes too long', {
    timeout: 60_000,
  }, async () => {
    mkdirSync(at.host.stateDir, { mode: 0o700 });
    const holder = spawn('flock', [
      join(at.host.stateDir, 'lock'),
      '-c',
      'echo held; exec sleep 60',
    ]);
    await once(holder.stdout, 'data');
    const { status, stderr } = at.host.hepsim('apply', ...documents(8080), '--lock-wait=1');
    holder.kill();
    expect(status).toBe(3);
    expect(stderr).toContain('another hepsim command is at work');
    expect(at.host.saved()).toBe(before);
  });

  test('changes nothing where the state directory is full, foreign, or open to others', {
    timeout: 60_000,
  }, () => {
    mkdirSync(at.host.stateDir, { mode: 0o777 });
    at.host.namespace.run('chmod', ['777', at.host.stateDir]);
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 3 });
    at.host.namespace.run('chmod', ['700', at.host.stateDir]);
    // A limit on the size of files is a disk that is full: `before.json` still fits, the rules do not.
    const full = at.host.limited(['--fsize=4096'], 'apply', ...documents(8080));
    expect(full.status).toBe(3);
    expect(full.stderr).toMatch(OLD);
    expect(at.host.saved()).toBe(before);
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
  });

  test('keeps what others change meanwhile', { timeout: 60_000 }, () => {
    at.host.wrap(
      'ip6tables-restore',
      `PATH=${at.host.plainPath}
case "$1" in --version) ;; *) iptables -w -A INPUT -s 192.0.2.77 -j ACCEPT; ipset create -exist theirs hash:ip ;; esac
exec ip6tables-restore "$@"`,
    );
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('-A INPUT -s 192.0.2.77/32 -j ACCEPT');
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    at.host.environment = {};
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('-A INPUT -s 192.0.2.77/32 -j ACCEPT');
    expect(at.host.saved()).toContain('create theirs');
  });

  test('refuses to take away what rules of others use', { timeout: 60_000 }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const applied = at.host.saved();
    at.host.namespace.run('iptables-legacy', ['-A', 'INPUT', '-j', 'hep-fh-eth0']);
    const { status, stderr } = at.host.hepsim('remove');
    expect(status).toBe(3);
    expect(stderr).toContain('-A INPUT -j hep-fh-eth0');
    at.host.namespace.run('iptables-legacy', ['-D', 'INPUT', '-j', 'hep-fh-eth0']);
    expect(at.host.saved()).toBe(applied);
  });

  test('takes nothing of a hostile document for a command, an option or a line', {
    timeout: 60_000,
  }, () => {
    const marks = join(at.host.folder, 'broken-out');
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
    expect(at.host.hepsim('apply', ...documents(8080, rules), ...version)).toMatchObject({
      status: 0,
    });
    expect(existsSync(marks)).toBe(false);
    expect(readdirSync(join(at.host.stateDir, 'generations', '1')).sort()).toEqual([
      'before.json',
      'ipsets',
      'iptables.v4',
      'iptables.v6',
    ]);
    expect(at.host.saved()).not.toContain(':INPUT DROP');
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    const again = at.host.hepsim('apply', ...documents(8080, rules), ...version);
    expect(again.stdout).toContain('nothing to change');
    for (const name of ['a;reboot', 'a b', '../x', '-x', 'a"b']) {
      const named = onePolicy(1).replace('name: web', `name: ${JSON.stringify(name)}`);
      const file = at.host.write('named.yaml', named);
      const run = at.host.hepsim('apply', '-f', file, '-n', 'node1', '--dry-run');
      expect({ name, status: run.status }).toEqual({ name, status: 2 });
    }
  });
});
