import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { ended, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { hostSuite } from '../support/kernel-suite.ts';

hostSuite('apply --watch', { builds: ['nft'] }, (at) => {
  test('follows documents and kernel, keeps the last good rules when a document breaks, and ends when told', {
    timeout: 120_000,
  }, async () => {
    mkdirSync(`${at.host.folder}/documents`);
    at.host.write('documents/endpoint.yaml', ENDPOINT);
    at.host.write('documents/policy.yaml', onePolicy(8080));
    const directory = `${at.host.folder}/documents`;
    const watch = at.host.start('apply', '--watch', directory, '-n', 'node1', '--interval=1s');
    const lines: Record<string, unknown>[] = [];
    // What arrives at a time need not end where a line does.
    createInterface({ input: watch.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(JSON.parse(line));
    });
    const end = ended(watch);
    const holds = (text: string): boolean => at.host.saved().includes(text);
    const said = (event: string): boolean => lines.some((line) => line.event === event);
    await until(() => holds('--dports 8080') && holds('hep:applied'));

    at.host.write('documents/policy.yaml', onePolicy(8081));
    await until(() => holds('--dports 8081'));

    at.host.write('documents/policy.yaml', `${onePolicy(8082)}  - {action: Nonsense}\n`);
    await until(() => said('documents-broken'));
    expect(holds('--dports 8081')).toBe(true);
    at.host.namespace.run('iptables-nft', ['-D', 'hep-pi-web', '1']);
    await until(() => holds('--dports 8081'));
    expect(said('documents-whole')).toBe(false);

    // Whole again and as it was: no rule changes, and that is said all the same.
    at.host.write('documents/policy.yaml', onePolicy(8081));
    await until(() => said('documents-whole'));
    at.host.write('documents/policy.yaml', onePolicy(8083));
    await until(() => holds('--dports 8083'));
    watch.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 0 });
    expect(lines.at(-1)).toMatchObject({ event: 'stopped', signal: 'SIGTERM' });
    expect(lines.filter(({ event }) => event === 'applied').length).toBeGreaterThanOrEqual(4);
    expect(holds('--dports 8083')).toBe(true);
    rmSync(directory, { recursive: true });
  });

  test('says at once when there is nothing to watch', { timeout: 60_000 }, () => {
    expect(at.host.hepsim('apply', '--watch', '/nowhere', '-n', 'node1')).toMatchObject({
      status: 2,
    });
    const both = ['--watch', at.host.folder, '--confirm-within', '1s'];
    expect(at.host.hepsim('apply', ...both)).toMatchObject({ status: 2 });
  });
});
