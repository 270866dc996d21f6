import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/apply/kernel-tools.ts';
import { ApplyHost, ended, hasPending, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { whyNoNamespace } from '../support/namespace.ts';

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
  });
  afterEach(() => host.close());

  const documents = (port: number, more?: string): readonly string[] => [
    ...['-f', host.write('endpoint.yaml', ENDPOINT)],
    ...['-f', host.write('policy.yaml', onePolicy(port, more))],
    ...['-n', 'node1'],
  ];
  const inState = (name: string): string => join(host.stateDir, name);

  test('that cannot be rolled back stays as a whole, is told of, and can be confirmed or removed', {
    timeout: 60_000,
  }, async () => {
    const before = host.saved();
    const waiting = host.start('apply', ...documents(8080), '--confirm-within', '4s');
    const end = ended(waiting);
    await until(() => host.saved().includes('hep:applied') && hasPending(host));
    const applied = host.saved();
    rmSync(inState('generations/1/before.json'));
    waiting.kill('SIGKILL');
    await end;
    await until(() => host.hepsim('status').status === 1);
    const status = host.hepsim('status');
    expect(status.stderr).toContain('cannot be rolled back, and its rules are in force');
    expect(status.stdout).toContain('does not hold what was there before apply 1');
    const refused = host.hepsim('apply', ...documents(8081));
    expect(refused).toMatchObject({ status: 3 });
    expect(refused.stderr).toContain('waits to be confirmed');
    expect(host.saved()).toBe(applied);
    expect(host.hepsim('confirm')).toMatchObject({ status: 0 });
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    expect(host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(before);
  });

  test('goes back when the kernel has other rules than were written, and says which', {
    timeout: 60_000,
  }, () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = host.saved();
    // Once the new rules are in force, somebody takes one away before it is read back.
    const done = host.write('done', '');
    host.wrap(
      'iptables-save',
      `PATH=${host.plainPath}
if [ ! -s ${done} ] && iptables-save | grep -q -- '--dports 8081' && ! ipset list -n | grep -q hep-switch; then
  echo . > ${done}; iptables -w -D hep-pi-web 1
fi
exec iptables-save "$@"`,
    );
    const { status, stderr } = host.hepsim('apply', ...documents(8081));
    expect(readFileSync(done, 'utf8')).not.toBe('');
    expect(status).toBe(3);
    expect(stderr).toContain('the kernel has other rules than were written');
    expect(stderr).toContain('the rules from before are in force again');
    expect(host.saved()).toBe(before);
    host.environment = {};
    const after = host.hepsim('status');
    expect(after).toMatchObject({ status: 0 });
    expect(after.stdout).toContain('the rules read back were not those written');
  });

  test('with a set that the kernel has no room for leaves the old rules', {
    timeout: 60_000,
  }, () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = host.saved();
    // The kernel's own refusal: sets of this host hold two members.
    host.wrap(
      'ipset',
      `PATH=${host.plainPath}
[ "$1" = restore ] && exec sh -c 'sed "s/maxelem [0-9]*/maxelem 2/" | ipset restore'
exec ipset "$@"`,
    );
    const nets = '192.0.2.0/25, 198.51.100.0/25, 203.0.113.0/25, 203.0.113.128/26';
    const full = host.hepsim(
      'apply',
      ...documents(
        8080,
        `  - {action: Deny, destination: {selector: has(a)}}\n---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: a, labels: {a: b}}\nspec: {nets: [${nets}]}\n`,
      ),
    );
    expect(full.status).toBe(3);
    expect(full.stderr).toContain('Hash is full');
    expect(full.stderr).toMatch(/nothing was changed|rules from before are in force/);
    host.environment = {};
    expect(host.saved()).toBe(before);
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
  });

  test('of another boot is not in force, and leaves nothing half done', {
    timeout: 60_000,
  }, () => {
    const empty = host.saved();
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const applied = host.saved();
    const state = JSON.parse(readFileSync(inState('state.json'), 'utf8'));
    const where = { ...state.records[0].where, bootId: '00000000-0000-0000-0000-000000000000' };
    const earlier = {
      ...state,
      records: [{ ...state.records[0], where }],
      pending: { id: 1, deadline: 1, withinSeconds: 1 },
    };
    // As after a boot: no rule of hepsim, a record of the boot before, and a change of then that was not ended.
    expect(host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const { rules } = host.tools.save();
    host.tools.restoreRules(4, flushed(rules[4]));
    host.tools.restoreRules(6, flushed(rules[6]));
    host.namespace.run('ipset', ['destroy']);
    expect(host.saved()).toBe(empty);
    const none = { tables: { 4: {}, 6: {} }, sets: {} };
    writeFileSync(inState('state.json'), JSON.stringify(earlier), { mode: 0o600 });
    writeFileSync(
      inState('journal.json'),
      JSON.stringify({ build, where, old: none, wanted: none }),
      {
        mode: 0o600,
      },
    );

    const status = host.hepsim('status');
    expect(status).toMatchObject({ status: 1 });
    expect(status.stdout).toContain('is not in force: the machine has been started again since');
    expect(existsSync(inState('journal.json'))).toBe(false);
    expect(host.saved()).toBe(empty);
    expect(host.hepsim('rollback')).toMatchObject({ status: 3 });
    expect(host.hepsim('confirm')).toMatchObject({ status: 1 });
    expect(host.saved()).toBe(empty);
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(applied);
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
  });
});

/** Text that empties every table that a save names, as a boot does. */
function flushed(saved: string): string {
  return saved
    .split('\n')
    .filter((line) => /^(\*|COMMIT)/.test(line))
    .map((line) => (line === 'COMMIT' ? '-F\n-X\nCOMMIT\n' : `${line}\n`))
    .join('');
}
