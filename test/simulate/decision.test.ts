import { expect, test } from 'vitest';
import type { ChainOwner, RuleMeaning } from '../../src/ruleset/rule-meaning.ts';
import type { Decision } from '../../src/simulate/packet-result.ts';
import { resultToJson } from '../../src/simulate/result-json.ts';
import { testHost } from '../support/hosts.ts';
import { rules } from '../support/rules.ts';
import { run, simulator, way } from '../support/simulations.ts';

const owner = (type: ChainOwner['type'], direction: ChainOwner['direction']): ChainOwner => ({
  endpoint: 'node1-eth0',
  type,
  direction,
});

const policy = (
  name: string,
  ruleIndex: number,
  action: 'allow' | 'deny' | 'pass',
): RuleMeaning => ({
  kind: 'policy',
  policy: name,
  tier: 'default',
  direction: 'ingress',
  ruleIndex,
  action,
});

const MEANINGS: Readonly<Record<string, RuleMeaning>> = {
  preAllow: policy('pre', 0, 'allow'),
  webAllow: policy('web', 0, 'allow'),
  webDeny: policy('web', 1, 'deny'),
  webPass: policy('web', 2, 'pass'),
  profileAllow: {
    kind: 'profile',
    profile: 'base',
    direction: 'ingress',
    ruleIndex: 3,
    action: 'allow',
  },
  failsafe: { kind: 'failsafe', direction: 'ingress' },
  default: { kind: 'default', tier: 'default' },
  noPolicy: { kind: 'default', tier: undefined },
  conntrack: { kind: 'conntrack' },
  workload: { kind: 'workload' },
  tunnel: { kind: 'tunnel' },
};

/** A shape like the compiler's: preDNAT policy in mangle, failsafe, policy, profile and default in filter. */
const RULES = rules(
  `
  *mangle
  -A PREROUTING -j hep-PREROUTING
  -A hep-PREROUTING -g hep-pre-eth0
  -A hep-pre-eth0 -j hep-pi-pre
  -A hep-pre-eth0 -m mark --mark 0x1/0x1 -j RETURN
  -A hep-pi-pre -p tcp -m tcp --dport 8000:8999 -m comment --comment preAllow -j MARK --set-xmark 0x1/0x1
  *filter
  :INPUT ACCEPT
  -A INPUT -j hep-INPUT
  -A INPUT -p tcp -m tcp --dport 7000 -j ACCEPT
  -A INPUT -p tcp -m tcp --dport 7001 -j DROP
  -A hep-INPUT -i cali+ -m comment --comment workload -j DROP
  -A hep-INPUT -p 4 -m comment --comment tunnel -j ACCEPT
  -A hep-INPUT -m mark --mark 0x1/0x1 -j ACCEPT
  -A hep-INPUT -i eth0 -g hep-eth0
  -A hep-eth0 -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment conntrack -j ACCEPT
  -A hep-eth0 -m conntrack --ctstate INVALID -m comment --comment conntrack -j DROP
  -A hep-eth0 -j hep-failsafe
  -A hep-eth0 -j hep-pi-web
  -A hep-eth0 -m mark --mark 0x2/0x2 -j ACCEPT
  -A hep-eth0 -p tcp -m tcp --dport 9000 -m comment --comment profileAllow -j ACCEPT
  -A hep-eth0 -p udp -m comment --comment noPolicy -j RETURN
  -A hep-eth0 -m comment --comment default -j DROP
  -A hep-failsafe -p tcp -m tcp --dport 22 -m comment --comment failsafe -j ACCEPT
  -A hep-pi-web -p tcp -m tcp --dport 80 -m comment --comment webAllow -j MARK --set-xmark 0x2/0x2
  -A hep-pi-web -m mark --mark 0x2/0x2 -j RETURN
  -A hep-pi-web -p tcp -m tcp --dport 81 -m comment --comment webDeny -j DROP
  -A hep-pi-web -p tcp -m tcp --dport 9000 -m comment --comment webPass -j MARK --set-xmark 0x4/0x4`,
  4,
  {
    meanings: MEANINGS,
    owners: {
      'hep-pre-eth0': owner('preDNAT', 'ingress'),
      'hep-eth0': owner('normal', 'ingress'),
    },
  },
);

const ENDPOINT = { endpoint: 'node1-eth0', type: 'normal', direction: 'ingress' } as const;
const FILTER = { hook: 'input', table: 'filter' } as const;

const decided: readonly [
  what: string,
  line: string,
  verdict: string,
  decision: Partial<Decision>,
][] = [
  [
    'a policy that allows, though a rule without meaning accepts for its mark',
    'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0',
    'accept',
    {
      kind: 'policy',
      policy: 'web',
      tier: 'default',
      ruleIndex: 0,
      chain: 'hep-pi-web',
      rule: 1,
      source: { file: 'policy.yaml', line: 10 },
      ...ENDPOINT,
      ...FILTER,
    },
  ],
  [
    'a policy that denies',
    'tcp 192.0.2.10:1 -> 192.0.2.1:81 in=eth0',
    'drop',
    { kind: 'policy', policy: 'web', ruleIndex: 1, rule: 3, ...ENDPOINT, ...FILTER },
  ],
  [
    'preDNAT policy, of the endpoint whose chain it is in',
    'tcp 192.0.2.10:1 -> 192.0.2.1:8080 in=eth0',
    'accept',
    { kind: 'policy', policy: 'pre', type: 'preDNAT', hook: 'prerouting', table: 'mangle' },
  ],
  [
    'a profile, behind a policy that passes',
    'tcp 192.0.2.10:1 -> 192.0.2.1:9000 in=eth0',
    'accept',
    { kind: 'profile', policy: 'base', ruleIndex: 3, ...ENDPOINT },
  ],
  [
    'a failsafe',
    'tcp 192.0.2.10:1 -> 192.0.2.1:22 in=eth0',
    'accept',
    { kind: 'failsafe', ...ENDPOINT, chain: 'hep-failsafe' },
  ],
  [
    'no rule at all',
    'tcp 192.0.2.10:1 -> 192.0.2.1:5 in=eth0',
    'drop',
    { kind: 'default', tier: 'default', ...ENDPOINT },
  ],
  [
    'an invalid packet',
    'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0 flags=SA',
    'drop',
    { kind: 'conntrack', ...ENDPOINT, rule: 2 },
  ],
  [
    'the workload default',
    'tcp 203.0.113.10:1 -> 192.0.2.1:80 in=cali0',
    'drop',
    { kind: 'workload', chain: 'hep-INPUT' },
  ],
  [
    'a tunnel between hosts',
    '4 198.51.100.10 -> 198.51.100.1 in=eth1',
    'accept',
    { kind: 'tunnel' },
  ],
  [
    'only accepting defaults',
    'tcp 198.51.100.10:1 -> 198.51.100.1:80 in=eth1',
    'accept',
    { kind: 'unpoliced' },
  ],
  [
    'an endpoint without policy is no decision',
    'udp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0',
    'accept',
    { kind: 'unpoliced' },
  ],
  [
    "a rule of the host's own that accepts",
    'tcp 198.51.100.10:1 -> 198.51.100.1:7000 in=eth1',
    'accept',
    { kind: 'foreign', chain: 'INPUT', rule: 2 },
  ],
  [
    "a rule of the host's own that drops",
    'tcp 198.51.100.10:1 -> 198.51.100.1:7001 in=eth1',
    'drop',
    { kind: 'foreign', chain: 'INPUT', rule: 3 },
  ],
  [
    'routing',
    'tcp 127.0.0.1:1 -> 192.0.2.1:80 in=eth0',
    'drop',
    { kind: 'routing', reason: expect.any(String) as string },
  ],
];

test.each(decided)('%s: %s', (_what, line, verdict, decision) => {
  const result = run(simulator([RULES]), line);
  expect(result.verdict, way(result)).toBe(verdict);
  expect(result.decision, way(result)).toMatchObject(decision);
});

test('a base chain that drops by its policy is the host s own, rule 0', () => {
  const result = run(simulator('*filter\n:INPUT DROP'), 'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0');
  expect(result.decision).toEqual({
    kind: 'foreign',
    hook: 'input',
    table: 'filter',
    chain: 'INPUT',
    rule: 0,
  });
});

test('everything of ours that accepted or dropped is among the decisions, in order', () => {
  const both = rules(
    `*mangle
    -A PREROUTING -p tcp -m comment --comment preAllow -j hep-x
    -A hep-x -p tcp -m comment --comment preAllow -j MARK --set-xmark 0x1/0x1
    *filter
    -A INPUT -j LOG
    -A INPUT -p tcp -m comment --comment webDeny -j DROP`,
    4,
    { meanings: { ...MEANINGS } },
  );
  const result = run(simulator([both]), 'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0');
  expect(result.decisions.map((one) => one.policy)).toEqual(['pre', 'pre', 'web']);
  expect(result.decision.policy).toBe('web');
});

test('a chain called after an endpoint chain has returned does not speak of that endpoint', () => {
  const two = rules(
    `*filter
    -A INPUT -j hep-own
    -A INPUT -j hep-shared
    -A hep-own -p udp -j ACCEPT
    -A hep-shared -p tcp -m comment --comment conntrack -j ACCEPT`,
    4,
    { meanings: MEANINGS, owners: { 'hep-own': owner('normal', 'ingress') } },
  );
  const { decision } = run(simulator([two]), 'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0');
  expect(decision.kind).toBe('conntrack');
  expect(decision).not.toHaveProperty('endpoint');
});

test('the JSON form has the fields of the outside contract in its order', () => {
  const json = resultToJson(
    run(simulator([RULES]), 'tcp 192.0.2.10:40000 -> 192.0.2.1:80 in=eth0'),
  );
  expect(Object.keys(json)).toEqual([
    'packet',
    'verdict',
    'delivered',
    'state',
    'final',
    'decision',
    'decisions',
    'hops',
    'mark',
  ]);
  expect(Object.keys(json.decision as object)).toEqual([
    'kind',
    'policy',
    'tier',
    'direction',
    'ruleIndex',
    'endpoint',
    'type',
    'hook',
    'table',
    'chain',
    'rule',
    'source',
  ]);
  expect(json).toMatchObject({
    packet: {
      in: 'eth0',
      proto: 'tcp',
      src: '192.0.2.10',
      sport: 40000,
      dst: '192.0.2.1',
      dport: 80,
      flags: 'S',
    },
    verdict: 'accept',
    delivered: 'local',
    state: 'new',
    final: { src: '192.0.2.10', sport: 40000, dst: '192.0.2.1', dport: 80 },
  });
  expect((json.hops as readonly object[])[0]).toEqual({
    hook: 'prerouting',
    table: 'mangle',
    chain: 'PREROUTING',
    rule: 1,
    text: '-j hep-PREROUTING',
    effect: 'jump hep-PREROUTING',
  });
});

test('the end of an ICMP packet has type and code, of other protocols addresses alone', () => {
  const on = simulator('', testHost());
  const ping = resultToJson(run(on, 'icmp 192.0.2.10 -> 192.0.2.1 type=8 in=eth0'));
  expect(ping.final).toEqual({ src: '192.0.2.10', dst: '192.0.2.1', type: 8, code: 0 });
  const esp = resultToJson(run(on, '50 192.0.2.10 -> 192.0.2.1 in=eth0'));
  expect(esp.final).toEqual({ src: '192.0.2.10', dst: '192.0.2.1' });
});
