import { beforeEach, expect, test } from 'vitest';
import { hostSuite } from '../support/kernel-suite.ts';

/** What a careful administrator has: nothing comes in but answers, loopback, ICMP and SSH from the office. */
const HOST_FIREWALL = {
  4: `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -i lo -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
-A INPUT -m limit --limit 5/min -j LOG --log-prefix "dropped: "
COMMIT
`,
  6: `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
COMMIT
`,
};

hostSuite('apply', {}, (at) => {
  const { documents, build } = at;
  beforeEach(() => {
    for (const family of [4, 6] as const) at.host.tools.restoreRules(family, HOST_FIREWALL[family]);
  });

  test('on a host with a firewall of its own needs no force, and keeps SSH or refuses', {
    timeout: 120_000,
  }, () => {
    const before = at.host.saved();
    at.host.environment.SSH_CONNECTION = '198.51.100.7 40000 192.0.2.10 22';
    // Port 22 is one of Calico's failsafe ports: policy cannot cut it, and the host's own rule lets it in.
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    expect(at.host.hepsim('apply', ...documents(8081))).toMatchObject({ status: 0 });
    expect(at.host.hepsim('status').stdout).not.toContain('forced');
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(before);

    // Neither a failsafe port nor one of the policy's: the rules to be written drop it.
    at.host.environment.SSH_CONNECTION = '198.51.100.7 40000 192.0.2.10 2222';
    const iptables = ['-I', 'INPUT', '1', '-p', 'tcp', '--dport', '2222', '-j', 'ACCEPT'];
    expect(at.host.namespace.run(`iptables-${build}`, iptables)).toMatchObject({ status: 0 });
    const open = at.host.saved();
    const refused = at.host.hepsim('apply', ...documents(8080));
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('a new SSH connection like the one in use');
    expect(at.host.saved()).toBe(open);
    expect(at.host.hepsim('apply', ...documents(2222))).toMatchObject({ status: 0 });
  });
});
