import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostSuite } from '../support/kernel-suite.ts';

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}
`;

hostSuite('the record', { builds: ['nft'] }, (at) => {
  const { documents } = at;
  const path = (): string => join(at.host.stateDir, 'state.json');

  test('goes back ten applies, does not grow beyond that, and stays true', {
    timeout: 300_000,
  }, () => {
    for (let port = 8001; port <= 8012; port++) {
      expect(at.host.hepsim('apply', ...documents(port))).toMatchObject({ status: 0 });
    }
    expect(JSON.parse(readFileSync(path(), 'utf8')).records).toHaveLength(11);
    for (let port = 8011; port >= 8002; port--) {
      expect(at.host.hepsim('rollback')).toMatchObject({ status: 0 });
      expect(at.host.saved()).toContain(`--dports ${port}`);
    }
    const further = at.host.hepsim('rollback');
    expect(further).toMatchObject({ status: 3 });
    expect(further.stderr).toContain('what was there before apply 2 is not kept any more');
    expect(at.host.saved()).toContain('--dports 8002');
    expect(at.host.hepsim('status')).toMatchObject({ status: 0 });
    expect(at.host.hepsim('apply', ...documents(8003))).toMatchObject({ status: 0 });
    expect(at.host.hepsim('rollback')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toContain('--dports 8002');
  });

  test('tells once that the watchdog gave up what is done since', { timeout: 60_000 }, () => {
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const state = JSON.parse(readFileSync(path(), 'utf8'));
    const event = 'the watchdog gave up: 65 tries in about an hour failed';
    writeFileSync(path(), JSON.stringify({ ...state, event }), { mode: 0o600 });
    expect(at.host.hepsim('status').stderr).toContain(event);
    const again = at.host.hepsim('status');
    expect(again.stderr).not.toContain('gave up');
    expect(again).toMatchObject({ status: 0 });
  });

  test('Services take no part where kube-proxy has no rules, and that is said', {
    timeout: 60_000,
  }, () => {
    const note = 'this machine has no rules of kube-proxy, so that Services take no part';
    // The Service's address leads nowhere that policy speaks of: kube-proxy would refuse it for want of endpoints.
    const keep = ['--keep', 'tcp 192.0.2.10:40000 to 10.96.0.7:80 in=local'];
    const without = at.host.hepsim(
      'apply',
      ...documents(8080),
      ...['-f', at.host.write('service.yaml', SERVICE)],
      ...keep,
    );
    expect(without.stderr).toContain(note);
    expect(without).toMatchObject({ status: 0 });
  });
});
