import { mkdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplyHost, ended, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { whyNoNamespace } from '../support/namespace.ts';

const reason = whyNoNamespace(['ipset', 'flock', 'iptables-nft-restore', 'ip6tables-nft-restore']);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'apply --watch' : `apply --watch (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  let host: ApplyHost;
  beforeEach(async () => {
    host = await ApplyHost.start('nft');
  });
  afterEach(() => host.close());

  test('follows documents and kernel, keeps the last good rules when a document breaks, and ends when told', {
    timeout: 120_000,
  }, async () => {
    mkdirSync(`${host.folder}/documents`);
    host.write('documents/endpoint.yaml', ENDPOINT);
    host.write('documents/policy.yaml', onePolicy(8080));
    const directory = `${host.folder}/documents`;
    const watch = host.start('apply', '--watch', directory, '-n', 'node1', '--interval=1s');
    const lines: Record<string, unknown>[] = [];
    watch.stdout?.on('data', (part) => {
      for (const line of String(part).trim().split('\n')) lines.push(JSON.parse(line));
    });
    const end = ended(watch);
    const holds = (text: string): boolean => host.saved().includes(text);
    const said = (event: string): boolean => lines.some((line) => line.event === event);
    await until(() => holds('--dports 8080') && holds('hep:applied'));

    host.write('documents/policy.yaml', onePolicy(8081));
    await until(() => holds('--dports 8081'));

    host.write('documents/policy.yaml', `${onePolicy(8082)}  - {action: Nonsense}\n`);
    await until(() => said('documents-broken'));
    expect(holds('--dports 8081')).toBe(true);
    host.namespace.run('iptables-nft', ['-D', 'hep-pi-web', '1']);
    await until(() => holds('--dports 8081'));

    host.write('documents/policy.yaml', onePolicy(8083));
    await until(() => holds('--dports 8083'));
    watch.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 0 });
    expect(lines.at(-1)).toMatchObject({ event: 'stopped', signal: 'SIGTERM' });
    expect(lines.filter(({ event }) => event === 'applied').length).toBeGreaterThanOrEqual(4);
    expect(holds('--dports 8083')).toBe(true);
    rmSync(directory, { recursive: true });
  });

  test('says at once when there is nothing to watch', { timeout: 60_000 }, () => {
    expect(host.hepsim('apply', '--watch', '/nowhere', '-n', 'node1')).toMatchObject({ status: 2 });
    const both = ['--watch', host.folder, '--confirm-within', '1s'];
    expect(host.hepsim('apply', ...both)).toMatchObject({ status: 2 });
  });
});
