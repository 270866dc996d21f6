import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplyHost } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { whyNoNamespace } from '../support/namespace.ts';

const reason = whyNoNamespace(['ipset', 'flock', 'iptables-nft-restore', 'ip6tables-nft-restore']);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'the record' : `the record (skipped: ${reason})`;

const SERVICE = `---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}
`;

describe.skipIf(reason !== undefined)(title, () => {
  let host: ApplyHost;
  beforeEach(async () => {
    host = await ApplyHost.start('nft');
  });
  afterEach(() => host.close());

  const documents = (port: number, endpoint = ENDPOINT): readonly string[] => [
    ...['-f', host.write('endpoint.yaml', endpoint)],
    ...['-f', host.write('policy.yaml', onePolicy(port))],
    ...['-n', 'node1'],
  ];
  const path = (): string => join(host.stateDir, 'state.json');

  test('goes back ten applies, does not grow beyond that, and stays true', {
    timeout: 300_000,
  }, () => {
    for (let port = 8001; port <= 8012; port++) {
      expect(host.hepsim('apply', ...documents(port))).toMatchObject({ status: 0 });
    }
    expect(JSON.parse(readFileSync(path(), 'utf8')).records).toHaveLength(11);
    for (let port = 8011; port >= 8002; port--) {
      expect(host.hepsim('rollback')).toMatchObject({ status: 0 });
      expect(host.saved()).toContain(`--dports ${port}`);
    }
    const further = host.hepsim('rollback');
    expect(further).toMatchObject({ status: 3 });
    expect(further.stderr).toContain('what was there before apply 2 is not kept any more');
    expect(host.saved()).toContain('--dports 8002');
    expect(host.hepsim('status')).toMatchObject({ status: 0 });
    expect(host.hepsim('apply', ...documents(8003))).toMatchObject({ status: 0 });
    expect(host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(host.saved()).toContain('--dports 8002');
  });

  test('tells once that the watchdog gave up what is done since', { timeout: 60_000 }, () => {
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const state = JSON.parse(readFileSync(path(), 'utf8'));
    const event = 'the watchdog gave up: 65 tries in about an hour failed';
    writeFileSync(path(), JSON.stringify({ ...state, event }), { mode: 0o600 });
    expect(host.hepsim('status').stderr).toContain(event);
    const again = host.hepsim('status');
    expect(again.stderr).not.toContain('gave up');
    expect(again).toMatchObject({ status: 0 });
  });

  test('Services take no part where kube-proxy has no rules, and that is said', {
    timeout: 60_000,
  }, () => {
    const note = 'this machine has no rules of kube-proxy, so that Services take no part';
    // The Service's address leads nowhere that policy speaks of: kube-proxy would refuse it for want of endpoints.
    const keep = ['--keep', 'tcp 192.0.2.10:40000 to 10.96.0.7:80 in=local'];
    const without = host.hepsim('apply', ...documents(8080, ENDPOINT + SERVICE), ...keep);
    expect(without.stderr).toContain(note);
    expect(without).toMatchObject({ status: 0 });
  });
});
