import { expect, test } from 'vitest';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { hostSuite } from '../support/kernel-suite.ts';

/** Neither etcd's port nor the API server's is among those that are always open. */
const STORE = '203.0.113.9:12379';
const DENIED = '  - {action: Deny, protocol: TCP, destination: {ports: [12379, 16443]}}';

hostSuite('the guard', { builds: ['nft'] }, (at) => {
  const options = (policy: string): readonly string[] => [
    ...['-f', at.host.write('endpoint.yaml', ENDPOINT)],
    ...['-f', at.host.write('policy.yaml', policy)],
    ...['-n', 'node1'],
  ];
  const withoutStores = onePolicy(8080).replace('  egress:\n', `  egress:\n${DENIED}\n`);

  test('refuses to cut the host off from its IPv6 gateway, shows the packet, and records what overrules it', {
    timeout: 60_000,
  }, () => {
    const before = at.host.saved();
    const deaf = options(onePolicy(8080).replace('  - {action: Allow, protocol: ICMPv6}\n', ''));
    const refused = at.host.hepsim('apply', ...deaf);
    expect(refused).toMatchObject({ status: 1 });
    const lost = 'neighbour discovery with the IPv6 gateway 2001:db8::1 on eth0: its question';
    expect(refused.stderr).toContain(`guard: ${lost}: the packet meets drop`);
    expect(refused.stderr).toMatch(/icmpv6 2001:db8::1 -> ff02::1:ff.* type=135/);
    expect(at.host.saved()).toBe(before);
    const forced = at.host.hepsim('apply', ...deaf, '--force', '-o', 'json');
    expect(forced).toMatchObject({ status: 0 });
    expect(JSON.parse(forced.stdout)).toMatchObject({ applied: true, forced: true });
    const { inForce } = JSON.parse(at.host.hepsim('status', '-o', 'json').stdout);
    expect(inForce.forced).toContain(`${lost}: the packet meets drop`);
  });

  test.each([
    ['--datastore', {}],
    ['FELIX_ETCDENDPOINTS', { FELIX_ETCDENDPOINTS: `https://192.0.2.20:2379,https://${STORE}` }],
    ['ETCD_ENDPOINTS', { ETCD_ENDPOINTS: `http://${STORE}` }],
    ['FELIX_ETCDADDR', { FELIX_ETCDADDR: STORE }],
    ['K8S_API_ENDPOINT', { K8S_API_ENDPOINT: 'https://203.0.113.9:16443' }],
    [
      'KUBERNETES_SERVICE_HOST',
      { KUBERNETES_SERVICE_HOST: '203.0.113.9', KUBERNETES_SERVICE_PORT: '16443' },
    ],
  ] as const)(
    'keeps the datastore or API server that %s names',
    {
      timeout: 60_000,
    },
    (setting, environment) => {
      at.host.environment = { ...environment };
      const asked = setting === '--datastore' ? [setting, STORE] : [];
      const refused = at.host.hepsim('apply', ...options(withoutStores), ...asked, '-o', 'json');
      expect(refused).toMatchObject({ status: 1 });
      const { applied, guard } = JSON.parse(refused.stdout);
      expect(applied).toBe(false);
      expect(guard).toHaveLength(1);
      expect(guard[0].name).toContain(setting);
      expect(guard[0].result.packet).toMatchObject({ in: 'local', dst: '203.0.113.9' });
      expect(guard[0].result.verdict).toBe('drop');
      expect(at.host.hepsim('apply', ...options(onePolicy(8080)), ...asked)).toMatchObject({
        status: 0,
      });
    },
  );

  test('a datastore whose name nobody knows counts as lost', { timeout: 60_000 }, () => {
    const run = at.host.hepsim(
      'apply',
      ...options(onePolicy(8080)),
      ...['--datastore', 'store.invalid:2379'],
    );
    expect(run).toMatchObject({ status: 1 });
    expect(run.stderr).toContain('the name store.invalid cannot be resolved');
  });

  test('keeps the answers of the SSH connection in use, not only what comes in', {
    timeout: 60_000,
  }, () => {
    at.host.environment.SSH_CONNECTION = '198.51.100.7 40000 192.0.2.10 8080';
    const mute = `${onePolicy(8080)}---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: mute}
spec:
  selector: all()
  doNotTrack: true
  applyOnForward: true
  types: [Egress]
  egress:
  - {action: Deny, protocol: TCP, source: {ports: [8080]}}
  - {action: Allow}
`;
    const before = at.host.saved();
    const refused = at.host.hepsim('apply', ...options(mute));
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toMatch(/guard: .*SSH connection/);
    expect(refused.stderr).toMatch(/tcp 192\.0\.2\.10:8080 -> 198\.51\.100\.7:40000/);
    expect(at.host.saved()).toBe(before);
    expect(at.host.hepsim('apply', ...options(onePolicy(8080)))).toMatchObject({ status: 0 });
  });
});
