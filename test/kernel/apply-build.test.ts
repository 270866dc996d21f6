import { expect, test } from 'vitest';
import { hostSuite } from '../support/kernel-suite.ts';
import { namespaceTools } from '../support/namespace-tools.ts';

hostSuite('apply where iptables has two builds', {}, (at) => {
  const { build, documents } = at;
  const other = build === 'nft' ? 'legacy' : 'nft';
  const iptables = (of: 'nft' | 'legacy', ...args: readonly string[]): void => {
    expect(at.host.namespace.run(`iptables-${of}`, args)).toMatchObject({ status: 0 });
  };
  const written = (...more: readonly string[]): { build: string; stderr: string } => {
    const run = at.host.hepsim('apply', ...documents(8080), ...more, '-o', 'json');
    expect(run).toMatchObject({ status: 0 });
    return { build: JSON.parse(run.stdout).build, stderr: run.stderr };
  };
  const rulesOf = (of: 'nft' | 'legacy'): string =>
    namespaceTools(at.host.namespace, of).save().rules[4];

  test('writes to the one that is in use, which need not be the usual one', {
    timeout: 60_000,
  }, () => {
    iptables(other, '-A', 'INPUT', '-s', '203.0.113.77', '-j', 'DROP');
    const { build: chosen, stderr } = written();
    expect(chosen).toBe(other);
    expect(stderr).not.toContain('packets must pass both');
    expect(rulesOf(other)).toContain('-j hep-INPUT');
    expect(rulesOf(build)).not.toContain('hep-');
    expect(at.host.hepsim('status').stdout).toContain(`is in force (iptables-${other})`);
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(rulesOf(other)).toContain('-A INPUT -s 203.0.113.77/32 -j DROP');
    expect(rulesOf(other)).not.toContain('hep-');
  });

  test('says so where both are in use', { timeout: 60_000 }, () => {
    iptables(build, '-A', 'INPUT', '-s', '203.0.113.78', '-j', 'DROP');
    iptables(other, '-A', 'INPUT', '-s', '203.0.113.77', '-j', 'DROP');
    const { build: chosen, stderr } = written('--force');
    expect(chosen).toBe(build);
    expect(stderr).toContain(`warning: iptables-${other} holds 1 rules and chains too`);
    expect(rulesOf(other)).not.toContain('hep-');
  });

  test('changes nothing where rules of hepsim are in both, and removes them from both', {
    timeout: 60_000,
  }, () => {
    written();
    const before = at.host.saved();
    iptables(other, '-N', 'hep-INPUT');
    const refused = at.host.hepsim('apply', ...documents(8081));
    expect(refused).toMatchObject({ status: 3 });
    expect(refused.stderr).toContain('rules of hepsim are in both builds of iptables');
    expect(refused.stderr).toContain('nothing was changed');
    expect(at.host.saved()).toBe(before);
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(rulesOf(build)).not.toContain('hep-');
    expect(rulesOf(other)).not.toContain('hep-');
  });
});
