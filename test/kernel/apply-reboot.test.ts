import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ended, hasPending, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { hostSuite } from '../support/kernel-suite.ts';

hostSuite('a reboot', {}, (at) => {
  let empty = '';
  beforeEach(() => {
    empty = at.host.saved();
    mkdirSync(join(at.host.folder, 'documents'));
    at.host.write('documents/endpoint.yaml', ENDPOINT);
  });
  const documents = (port: number, more?: string): readonly string[] => {
    at.host.write('documents/policy.yaml', onePolicy(port, more));
    return ['-f', join(at.host.folder, 'documents'), '-n', 'node1'];
  };
  /** Nothing is claimed of the boot before, nothing restored, and no confirmation is waited for. */
  const nothingIsLeft = (): void => {
    expect(at.host.saved()).toBe(empty);
    const { status, stdout } = at.host.hepsim('status', '-o', 'json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      inForce: null,
      restarted: true,
      pending: null,
      unfinished: null,
      kernelDigest: null,
      drift: [],
    });
    expect(at.host.hepsim('status').stdout).toContain(
      'is not in force: the machine has been started again since',
    );
    expect(at.host.hepsim('rollback')).toMatchObject({ status: 3 });
    expect(at.host.hepsim('confirm')).toMatchObject({ status: 1 });
    expect(existsSync(join(at.host.stateDir, 'journal.json'))).toBe(false);
    expect(at.host.saved()).toBe(empty);
  };

  test('while an apply waits to be confirmed ends that, and the next apply is a first one', {
    timeout: 120_000,
  }, async () => {
    expect(at.host.hepsim('apply', ...documents(8079))).toMatchObject({ status: 0 });
    const waits = ['--confirm-within', '5m', '--no-wait'];
    expect(at.host.hepsim('apply', ...documents(8080), ...waits)).toMatchObject({ status: 0 });
    expect(hasPending(at.host)).toBe(true);
    const applied = at.host.saved();
    await at.host.reboot();
    expect(at.host.hepsim('status').stdout).toContain('it had not been confirmed');
    nothingIsLeft();
    const again = at.host.hepsim('apply', ...documents(8080));
    expect(again).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(applied);
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    // What was there before is nothing: not the rules before the one that was not confirmed.
    expect(at.host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(empty);
  });

  test('in the middle of a change leaves nothing half done', { timeout: 120_000 }, async () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    // The second file of rules is never written, and hepsim is not there any more.
    at.host.wrap(
      'ip6tables-restore',
      `[ "$1" = --version ] || exec sleep 1000\nPATH=${at.host.plainPath}\nexec ip6tables-restore "$@"`,
    );
    const both = '  - {action: Allow, protocol: UDP, destination: {ports: [9]}}\n';
    const cut = at.host.start('apply', ...documents(8081, both));
    const end = ended(cut);
    await until(() => /--dports 8081/.test(at.host.saved()));
    expect(existsSync(join(at.host.stateDir, 'journal.json'))).toBe(true);
    await at.host.reboot();
    await end;
    at.host.environment = {};
    nothingIsLeft();
  });

  test('is followed by a watch that writes the rules anew', { timeout: 120_000 }, async () => {
    const waits = ['--confirm-within', '5m', '--no-wait'];
    expect(at.host.hepsim('apply', ...documents(8080), ...waits)).toMatchObject({ status: 0 });
    const applied = at.host.saved();
    await at.host.reboot();
    const watch = at.host.start(
      'apply',
      '--watch',
      join(at.host.folder, 'documents'),
      '-n',
      'node1',
    );
    let said = '';
    watch.stdout?.on('data', (part) => {
      said += part;
    });
    const end = ended(watch);
    await until(() => said.includes('"event":"applied"'));
    expect(at.host.saved()).toBe(applied);
    expect(hasPending(at.host)).toBe(false);
    watch.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 0 });
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
  });
});
