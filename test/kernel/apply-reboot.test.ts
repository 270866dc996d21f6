import { existsSync, mkdirSync } from 'node:fs';
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

const title = reason === undefined ? 'a reboot' : `a reboot (skipped: ${reason})`;

describe.skipIf(reason !== undefined).each(BUILDS)(`${title}, %s build`, (build) => {
  let host: ApplyHost;
  let empty = '';
  beforeEach(async () => {
    host = await ApplyHost.start(build);
    empty = host.saved();
    mkdirSync(join(host.folder, 'documents'));
    host.write('documents/endpoint.yaml', ENDPOINT);
  });
  afterEach(() => host.close());

  const documents = (port: number, more?: string): readonly string[] => {
    host.write('documents/policy.yaml', onePolicy(port, more));
    return ['-f', join(host.folder, 'documents'), '-n', 'node1'];
  };
  /** Nothing is claimed of the boot before, nothing restored, and no confirmation is waited for. */
  const nothingIsLeft = (): void => {
    expect(host.saved()).toBe(empty);
    const { status, stdout } = host.hepsim('status', '-o', 'json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      inForce: null,
      restarted: true,
      pending: null,
      unfinished: null,
      kernelDigest: null,
      drift: [],
    });
    expect(host.hepsim('status').stdout).toContain(
      'is not in force: the machine has been started again since',
    );
    expect(host.hepsim('rollback')).toMatchObject({ status: 3 });
    expect(host.hepsim('confirm')).toMatchObject({ status: 1 });
    expect(existsSync(join(host.stateDir, 'journal.json'))).toBe(false);
    expect(host.saved()).toBe(empty);
  };

  test('while an apply waits to be confirmed ends that, and the next apply is a first one', {
    timeout: 120_000,
  }, async () => {
    expect(host.hepsim('apply', ...documents(8079))).toMatchObject({ status: 0 });
    const waits = ['--confirm-within', '5m', '--no-wait'];
    expect(host.hepsim('apply', ...documents(8080), ...waits)).toMatchObject({ status: 0 });
    expect(hasPending(host)).toBe(true);
    const applied = host.saved();
    await host.reboot();
    expect(host.hepsim('status').stdout).toContain('it had not been confirmed');
    nothingIsLeft();
    const again = host.hepsim('apply', ...documents(8080));
    expect(again).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(applied);
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    // What was there before is nothing: not the rules before the one that was not confirmed.
    expect(host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(empty);
  });

  test('in the middle of a change leaves nothing half done', { timeout: 120_000 }, async () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    // The second file of rules is never written, and hepsim is not there any more.
    host.wrap(
      'ip6tables-restore',
      `[ "$1" = --version ] || exec sleep 1000\nPATH=${host.plainPath}\nexec ip6tables-restore "$@"`,
    );
    const both = '  - {action: Allow, protocol: UDP, destination: {ports: [9]}}\n';
    const cut = host.start('apply', ...documents(8081, both));
    const end = ended(cut);
    await until(() => /--dports 8081/.test(host.saved()));
    expect(existsSync(join(host.stateDir, 'journal.json'))).toBe(true);
    await host.reboot();
    await end;
    host.environment = {};
    nothingIsLeft();
  });

  test('is followed by a watch that writes the rules anew', { timeout: 120_000 }, async () => {
    const waits = ['--confirm-within', '5m', '--no-wait'];
    expect(host.hepsim('apply', ...documents(8080), ...waits)).toMatchObject({ status: 0 });
    const applied = host.saved();
    await host.reboot();
    const watch = host.start('apply', '--watch', join(host.folder, 'documents'), '-n', 'node1');
    let said = '';
    watch.stdout?.on('data', (part) => {
      said += part;
    });
    const end = ended(watch);
    await until(() => said.includes('"event":"applied"'));
    expect(host.saved()).toBe(applied);
    expect(hasPending(host)).toBe(false);
    watch.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 0 });
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
  });
});
