import { describe, expect, test } from 'vitest';
import { outcome, run, simulator, way } from '../support/simulations.ts';

const PROBE = 'tcp 192.0.2.10:40000 -> 198.51.100.10:80 in=eth0';

/** Chains of table filter and what they come to for a forwarded TCP packet to port 80. */
const walks: readonly {
  readonly name: string;
  readonly chains: string;
  readonly wanted: string;
}[] = [
  {
    name: 'the first terminal rule that matches ends the chain',
    chains: '-A FORWARD -p udp -j DROP\n-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -j DROP',
    wanted: 'accept eth1',
  },
  {
    name: 'a chain that ends returns behind the jump',
    chains: '-A a -p udp -j ACCEPT\n-A FORWARD -j a\n-A FORWARD -j DROP',
    wanted: 'drop',
  },
  {
    name: 'RETURN goes back behind the jump and skips the rest of the chain',
    chains: '-A a -p tcp -j RETURN\n-A a -j DROP\n-A FORWARD -j a\n-A FORWARD -j ACCEPT',
    wanted: 'accept eth1',
  },
  {
    name: 'RETURN in a base chain is its policy',
    chains: ':FORWARD DROP\n-A FORWARD -p tcp -j RETURN\n-A FORWARD -j ACCEPT',
    wanted: 'drop',
  },
  {
    name: 'the end of a chain reached by goto goes back to the caller of the chain with the goto',
    chains: '-A b -p udp -j ACCEPT\n-A a -g b\n-A a -j DROP\n-A FORWARD -j a\n-A FORWARD -j ACCEPT',
    wanted: 'accept eth1',
  },
  {
    name: 'goto from a base chain ends in the policy, not in the next rule',
    chains: ':FORWARD DROP\n-A b -p udp -j ACCEPT\n-A FORWARD -g b\n-A FORWARD -j ACCEPT',
    wanted: 'drop',
  },
  {
    name: 'a chain reached by goto that jumps gets its packets back',
    chains:
      '-A c -p udp -j DROP\n-A b -j c\n-A b -j ACCEPT\n-A a -g b\n-A FORWARD -j a\n-A FORWARD -j DROP',
    wanted: 'accept eth1',
  },
  {
    name: 'a rule without a target only counts',
    chains: '-A FORWARD -p tcp\n-A FORWARD -j DROP',
    wanted: 'drop',
  },
  {
    name: 'LOG and MARK let the evaluation go on',
    chains: '-A FORWARD -j LOG\n-A FORWARD -j MARK --set-xmark 0x1/0x1\n-A FORWARD -j DROP',
    wanted: 'drop',
  },
];

test.each(walks)('$name', ({ chains, wanted }) => {
  const result = run(simulator(`*filter\n${chains}`), PROBE);
  expect(outcome(result), way(result)).toBe(wanted);
});

describe('marks', () => {
  test.each([
    // netfilter-facts 2, all from 0xff.
    ['0x10/0x30', 0xdf],
    ['0x110/0x30', 0x1df],
    ['0x5/0x0', 0xfa],
    ['0x5/0xffffffff', 0x5],
    ['0x80000000/0x80000000', 0x800000ff],
  ])('--set-xmark %s on 0xff gives 0x%s', (option, wanted) => {
    const on = simulator(`*mangle\n-A PREROUTING -j MARK --set-xmark ${option}`);
    expect(run(on, `${PROBE} mark=255`).mark).toBe(wanted);
  });

  test.each([
    ['--mark 0x30/0x30', 'accept eth1'],
    ['--mark 0x10/0x30', 'drop'],
    ['--mark 0x31/0x10', 'drop'],
    ['--mark 0/0', 'accept eth1'],
    ['! --mark 0x10/0x30', 'accept eth1'],
    ['! --mark 0x31/0x10', 'accept eth1'],
  ])('-m mark %s of a packet with 0xff: %s', (match, wanted) => {
    const on = simulator(`*filter\n:FORWARD DROP\n-A FORWARD -m mark ${match} -j ACCEPT`);
    const result = run(on, `${PROBE} mark=255`);
    expect(outcome(result), way(result)).toBe(wanted);
  });

  test('set in raw they are seen by every later table', () => {
    const on = simulator(
      '*raw\n-A PREROUTING -j MARK --set-xmark 0x8/0x8\n*mangle\n-A POSTROUTING -m mark --mark 0x8/0x8 -j DROP',
    );
    expect(outcome(run(on, PROBE))).toBe('drop');
  });
});

test('the marks that rules leave are in the effects of hops', () => {
  const on = simulator(
    '*filter\n-A FORWARD -j MARK --set-xmark 0x8/0x8\n-A FORWARD -j MARK --set-xmark 0x1/0x1\n-A FORWARD -j a\n-A a -j ACCEPT',
  );
  expect(run(on, PROBE).hops.map((hop) => [hop.chain, hop.rule, hop.effect])).toEqual([
    ['FORWARD', 1, 'mark 0x8'],
    ['FORWARD', 2, 'mark 0x9'],
    ['FORWARD', 3, 'jump a'],
    ['a', 1, 'accept'],
  ]);
});

test('with explanations every rule passed over names the first criterion that failed', () => {
  const on = simulator(`
    *filter
    -A FORWARD -p udp -j DROP
    -A FORWARD -p tcp -m multiport --dports 22,443 -j DROP
    -A FORWARD -s 10.0.0.0/8 -p udp -j DROP
    -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT`);
  const steps = run(on, PROBE).steps.flatMap((step) =>
    step.kind === 'passed-over' ? [[step.ruleNumber, step.failed]] : [],
  );
  expect(steps).toEqual([
    [1, '`-p udp`: the packet is tcp'],
    [2, '`--dports 22,443`: the packet has 80'],
    [3, '`-s 10.0.0.0/8`: the packet has 192.0.2.10'],
  ]);
});
