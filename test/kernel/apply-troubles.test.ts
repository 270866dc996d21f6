import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ended, hasPending, until } from '../support/apply-host.ts';
import { hostSuite } from '../support/kernel-suite.ts';

hostSuite('apply', {}, (at) => {
  const { documents, build } = at;
  const inState = (name: string): string => join(at.host.stateDir, name);

  test('that cannot be rolled back stays as a whole, is told of, and can be confirmed or removed', {
    timeout: 60_000,
  }, async () => {
    const before = at.host.saved();
    const waiting = at.host.start('apply', ...documents(8080), '--confirm-within', '4s');
    const end = ended(waiting);
    await until(() => at.host.saved().includes('hep:applied') && hasPending(at.host));
    const applied = at.host.saved();
    rmSync(inState('generations/1/before.json'));
    waiting.kill('SIGKILL');
    await end;
    await until(() => at.host.hepsim('status').status === 1);
    const status = at.host.hepsim('status');
    expect(status.stderr).toContain('cannot be rolled back, and its rules are in force');
    expect(status.stdout).toContain('does not hold what was there before apply 1');
    // What the watchdog says of itself is said once; how things stand, every time.
    const word = 'the watchdog gave up: 65 tries in about an hour failed';
    const state = JSON.parse(readFileSync(inState('state.json'), 'utf8'));
    writeFileSync(inState('state.json'), JSON.stringify({ ...state, event: word }), {
      mode: 0o600,
    });
    expect(at.host.hepsim('status').stderr).toContain(word);
    const next = at.host.hepsim('status');
    expect(next.stderr).not.toContain('gave up');
    expect(next.stderr).toContain('cannot be rolled back, and its rules are in force');
    const refused = at.host.hepsim('apply', ...documents(8081));
    expect(refused).toMatchObject({ status: 3 });
    expect(refused.stderr).toContain('waits to be confirmed');
    expect(at.host.saved()).toBe(applied);
    expect(at.host.hepsim('confirm')).toMatchObject({ status: 0 });
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(before);
  });

  test('goes back when the kernel has other rules than were written, and says which', {
    timeout: 60_000,
  }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = at.host.saved();
    // Once the new rules are in force, somebody takes one away before it is read back.
    const done = at.host.write('done', '');
    at.host.wrap(
      'iptables-save',
      `PATH=${at.host.plainPath}
if [ ! -s ${done} ] && iptables-save | grep -q -- '--dports 8081' && ! ipset list -n | grep -q hep-switch; then
  echo . > ${done}; iptables -w -D hep-pi-web 1
fi
exec iptables-save "$@"`,
    );
    const { status, stderr } = at.host.hepsim('apply', ...documents(8081));
    expect(readFileSync(done, 'utf8')).not.toBe('');
    expect(status).toBe(3);
    expect(stderr).toContain('the kernel has other rules than were written');
    expect(stderr).toContain('the rules from before are in force again');
    expect(at.host.saved()).toBe(before);
    at.host.environment = {};
    const after = at.host.hepsim('status');
    expect(after).toMatchObject({ status: 0 });
    expect(after.stdout).toContain('the rules read back were not those written');
  });

  test('with a set that the kernel has no room for leaves the old rules', {
    timeout: 60_000,
  }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const before = at.host.saved();
    // The kernel's own refusal: sets of this host hold two members.
    at.host.wrap(
      'ipset',
      `PATH=${at.host.plainPath}
[ "$1" = restore ] && exec sh -c 'sed "s/maxelem [0-9]*/maxelem 2/" | ipset restore'
exec ipset "$@"`,
    );
    const nets = '192.0.2.0/25, 198.51.100.0/25, 203.0.113.0/25, 203.0.113.128/26';
    const full = at.host.hepsim(
      'apply',
      ...documents(
        8080,
        `  - {action: Deny, destination: {selector: has(a)}}\n---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: a, labels: {a: b}}\nspec: {nets: [${nets}]}\n`,
      ),
    );
    expect(full.status).toBe(3);
    expect(full.stderr).toContain('Hash is full');
    expect(full.stderr).toMatch(/nothing was changed|rules from before are in force/);
    at.host.environment = {};
    expect(at.host.saved()).toBe(before);
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
  });

  test('of another boot is not in force, and leaves nothing half done', {
    timeout: 60_000,
  }, () => {
    const empty = at.host.saved();
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const applied = at.host.saved();
    const state = JSON.parse(readFileSync(inState('state.json'), 'utf8'));
    const where = { ...state.records[0].where, bootId: '00000000-0000-0000-0000-000000000000' };
    const earlier = {
      ...state,
      records: [{ ...state.records[0], where }],
      pending: { id: 1, deadline: 1, withinSeconds: 1 },
    };
    // As after a boot: no rule of hepsim, a record of the boot before, and a change of then that was not ended.
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const { rules } = at.host.tools.save();
    at.host.tools.restoreRules(4, flushed(rules[4]));
    at.host.tools.restoreRules(6, flushed(rules[6]));
    at.host.namespace.run('ipset', ['destroy']);
    expect(at.host.saved()).toBe(empty);
    const none = { tables: { 4: {}, 6: {} }, sets: {} };
    writeFileSync(inState('state.json'), JSON.stringify(earlier), { mode: 0o600 });
    writeFileSync(
      inState('journal.json'),
      JSON.stringify({ build, where, old: none, wanted: none }),
      {
        mode: 0o600,
      },
    );

    const status = at.host.hepsim('status');
    expect(status).toMatchObject({ status: 1 });
    expect(status.stdout).toContain('is not in force: the machine has been started again since');
    expect(existsSync(inState('journal.json'))).toBe(false);
    expect(at.host.saved()).toBe(empty);
    expect(at.host.hepsim('rollback')).toMatchObject({ status: 3 });
    expect(at.host.hepsim('confirm')).toMatchObject({ status: 1 });
    expect(at.host.saved()).toBe(empty);
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(applied);
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
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
