import { describe, expect, test } from 'vitest';
import { decide, type PolicyStep } from '../../src/policy/decide.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import {
  calicoNode,
  hostEndpoint,
  ipPool,
  type PolicyFields,
  policy,
  profile,
  rule,
  tier,
  workload,
} from '../support/documents.ts';
import { type FlowFields, packetFlow } from '../support/flows.ts';
import { resolvedNode } from '../support/resolved.ts';

const VERSIONS = ['2.6', '3.9', '3.32'] as const;

/** `allow-web(preDNAT@hep) accept`; a step without a policy by its kind. */
function renderStep(step: PolicyStep): string {
  const about = step.endpoint === undefined ? '' : `(${step.type}@${step.endpoint})`;
  return `${step.policy ?? step.kind}${about} ${step.verdict}`;
}

interface Given extends Partial<ResourceSet> {
  readonly version?: CalicoVersion;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The verdict, then the steps, each after a colon or comma: `accept: allow-web(normal@hep) accept`. */
function decided({ version = '3.32', environment = {}, ...documents }: Given, fields: FlowFields) {
  const { verdict, decision, steps } = decide(
    resolvedNode(version, documents, environment),
    packetFlow(fields),
  );
  const wanted = verdict === 'unpoliced' ? undefined : steps[steps.length - 1];
  expect(decision).toBe(wanted);
  return [verdict, ...(steps.length === 0 ? [] : [steps.map(renderStep).join(', ')])].join(': ');
}

const ETH0 = hostEndpoint('a', { interfaceName: 'eth0', labels: { on: 'eth0' } });
const ETH1 = hostEndpoint('b', { interfaceName: 'eth1', labels: { on: 'eth1' } });
const POD = workload('pod', { interfaceName: 'cali1', labels: { on: 'cali1' } });

const ALLOW_80 = rule('allow', { protocol: 'tcp', destination: { ports: [80] } });
const DENY_ALL = rule('deny');
const ALLOW_ALL = rule('allow');

function onEth0(name: string, fields: PolicyFields) {
  return policy(name, { selector: "on == 'eth0'", ...fields });
}

function onEth1(name: string, fields: PolicyFields) {
  return policy(name, { selector: "on == 'eth1'", ...fields });
}

const NORMAL_80 = onEth0('n', { ingress: [ALLOW_80] });
const TO_HOST: FlowFields = { in: 'eth0' };
const FROM_HOST: FlowFields = { src: '192.0.2.10', dst: '203.0.113.7', out: 'eth0' };

describe.each(VERSIONS)('local traffic in %s', (version) => {
  const given = (documents: Partial<ResourceSet>): Given => ({ version, ...documents });

  test('8.2: an interface without a host endpoint is untouched', () => {
    expect(decided(given({ policies: [NORMAL_80] }), TO_HOST)).toBe('unpoliced');
    expect(decided(given({}), FROM_HOST)).toBe('unpoliced');
  });

  test('8.2: a bare host endpoint drops both ways, except failsafe and established', () => {
    const bare = given({ hostEndpoints: [ETH0] });
    expect(decided(bare, TO_HOST)).toBe('drop: default(normal@a) drop');
    expect(decided(bare, FROM_HOST)).toBe('drop: default(normal@a) drop');
    expect(decided(bare, { ...TO_HOST, dport: 22 })).toBe('accept: failsafe(normal@a) accept');
    expect(decided(bare, { ...FROM_HOST, proto: 'udp', dport: 53 })).toBe(
      'accept: failsafe(normal@a) accept',
    );
    expect(decided(bare, { ...TO_HOST, state: 'established' })).toBe(
      'accept: conntrack(normal@a) accept',
    );
    expect(decided(bare, { ...TO_HOST, state: 'related' })).toBe(
      'accept: conntrack(normal@a) accept',
    );
  });

  test('trap 4: an invalid packet is dropped before failsafes, unless the check is off', () => {
    const bare = given({ hostEndpoints: [ETH0] });
    const invalid: FlowFields = { ...TO_HOST, dport: 22, state: 'invalid' };
    expect(decided(bare, invalid)).toBe('drop: conntrack(normal@a) drop');
    const environment = { DisableConntrackInvalidCheck: 'true' };
    expect(decided({ ...bare, environment }, invalid)).toBe('accept: failsafe(normal@a) accept');
  });

  test('3: the first rule that decides does; what none decides is dropped', () => {
    const documents = given({ hostEndpoints: [ETH0], policies: [NORMAL_80] });
    expect(decided(documents, TO_HOST)).toBe('accept: n(normal@a) accept');
    expect(decided(documents, { ...TO_HOST, dport: 81 })).toBe('drop: default(normal@a) drop');
  });

  test('3: log ends nothing, deny is final, order decides', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('late', { order: 2, ingress: [ALLOW_ALL] }),
        onEth0('early', { order: 1, ingress: [rule('log'), DENY_ALL] }),
      ],
    });
    expect(decided(documents, TO_HOST)).toBe('drop: early(normal@a) drop');
  });

  test('6: failsafes come before policy that denies', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [onEth0('no', { ingress: [DENY_ALL], egress: [DENY_ALL] })],
    });
    expect(decided(documents, { ...TO_HOST, dport: 22 })).toBe('accept: failsafe(normal@a) accept');
  });

  test('4: after a policy’s pass, a profile’s pass leaves the profile whether it matches or not', () => {
    const pass53 = rule('pass', { protocol: 'udp', destination: { ports: [53] } });
    const documents = (passes: boolean) =>
      given({
        hostEndpoints: [
          hostEndpoint('a', {
            interfaceName: 'eth0',
            labels: { on: 'eth0' },
            profiles: ['first', 'second'],
          }),
        ],
        profiles: [
          profile('first', { ingress: [pass53, ALLOW_80] }),
          profile('second', { ingress: [DENY_ALL] }),
        ],
        policies: passes ? [onEth0('p', { ingress: [rule('pass')] })] : [],
      });
    expect(decided(documents(false), TO_HOST)).toBe('accept: first(normal@a) accept');
    expect(decided(documents(true), TO_HOST)).toBe('drop: second(normal@a) drop');
  });

  test('3: profiles are asked in order where no policy is for the direction, or it passes', () => {
    const profiles = [
      profile('first', { ingress: [rule('allow', { protocol: 'udp' })] }),
      profile('second', { ingress: [ALLOW_80], egress: [ALLOW_ALL] }),
    ];
    const hostEndpoints = [
      hostEndpoint('a', {
        interfaceName: 'eth0',
        labels: { on: 'eth0' },
        profiles: ['gone', 'first', 'second'],
      }),
    ];
    const withPolicy = (fields: PolicyFields) =>
      given({ hostEndpoints, profiles, policies: [onEth0('p', fields)] });
    expect(decided(given({ hostEndpoints, profiles }), TO_HOST)).toBe(
      'accept: second(normal@a) accept',
    );
    expect(decided(given({ hostEndpoints, profiles }), { ...TO_HOST, dport: 81 })).toBe(
      'drop: default(normal@a) drop',
    );
    // Egress policy leaves ingress to the profiles; ingress policy that does not match does not.
    expect(decided(withPolicy({ types: ['egress'] }), TO_HOST)).toBe(
      'accept: second(normal@a) accept',
    );
    expect(decided(withPolicy({ types: ['ingress'] }), TO_HOST)).toBe(
      'drop: default(normal@a) drop',
    );
    expect(decided(withPolicy({ types: ['ingress'] }), FROM_HOST)).toBe(
      'accept: second(normal@a) accept',
    );
    expect(decided(withPolicy({ ingress: [rule('pass'), DENY_ALL] }), TO_HOST)).toBe(
      'accept: second(normal@a) accept',
    );
  });

  test('8.1: what untracked policy allows, preDNAT and normal policy do not see', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('u', { doNotTrack: true, applyOnForward: true, ingress: [ALLOW_80] }),
        onEth0('d', { preDNAT: true, applyOnForward: true, ingress: [DENY_ALL] }),
        onEth0('n', { ingress: [DENY_ALL] }),
      ],
    });
    expect(decided(documents, TO_HOST)).toBe('accept: u(untracked@a) accept');
    expect(decided(documents, { ...TO_HOST, state: 'invalid' })).toBe(
      'accept: u(untracked@a) accept',
    );
    expect(decided(documents, { ...TO_HOST, dport: 81 })).toBe('drop: d(preDNAT@a) drop');
  });

  test('8.1: what preDNAT policy allows to a local process is accepted', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('d', { preDNAT: true, applyOnForward: true, ingress: [ALLOW_80] }),
        onEth0('n', { ingress: [DENY_ALL] }),
      ],
    });
    expect(decided(documents, TO_HOST)).toBe('accept: d(preDNAT@a) accept');
    // trap 3: no default drop of its own
    expect(decided(documents, { ...TO_HOST, dport: 81 })).toBe('drop: n(normal@a) drop');
  });

  test('5.3: an established packet is not preDNAT policy’s, but it is untracked policy’s', () => {
    const deny = (fields: PolicyFields) =>
      given({
        hostEndpoints: [ETH0],
        policies: [onEth0('p', { applyOnForward: true, ingress: [DENY_ALL], ...fields })],
      });
    const established: FlowFields = { ...TO_HOST, state: 'established' };
    expect(decided(deny({ preDNAT: true }), established)).toBe(
      'accept: conntrack(normal@a) accept',
    );
    expect(decided(deny({ doNotTrack: true }), established)).toBe('drop: p(untracked@a) drop');
  });

  test('trap 20: untracked and preDNAT policy see the address before DNAT, normal policy the one after', () => {
    const dnat: FlowFields = { ...TO_HOST, dport: 30080, dnat: { dst: '192.0.2.10', dport: 80 } };
    const with30080 = rule('allow', { protocol: 'tcp', destination: { ports: [30080] } });
    const preDnat = onEth0('d', { preDNAT: true, applyOnForward: true, ingress: [with30080] });
    const documents = (policies: ResourceSet['policies']) =>
      given({ hostEndpoints: [ETH0], policies });
    expect(decided(documents([preDnat]), dnat)).toBe('accept: d(preDNAT@a) accept');
    expect(decided(documents([NORMAL_80]), dnat)).toBe('accept: n(normal@a) accept');
    expect(decided(documents([onEth0('n', { ingress: [with30080] })]), dnat)).toBe(
      'drop: default(normal@a) drop',
    );
  });

  test('8.1: untracked egress policy spares what it allows normal policy', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('u', {
          doNotTrack: true,
          applyOnForward: true,
          egress: [rule('allow', { protocol: 'tcp', source: { ports: [80] } })],
        }),
        onEth0('n', { egress: [DENY_ALL] }),
      ],
    });
    expect(decided(documents, { ...FROM_HOST, sport: 80 })).toBe('accept: u(untracked@a) accept');
    expect(decided(documents, { ...FROM_HOST, sport: 81 })).toBe('drop: n(normal@a) drop');
  });

  test('6: replies from the ports of the other direction’s failsafes skip untracked policy, and it alone', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('u', {
          doNotTrack: true,
          applyOnForward: true,
          ingress: [DENY_ALL],
          egress: [DENY_ALL],
        }),
      ],
    });
    const dnsReply: FlowFields = { ...TO_HOST, proto: 'udp', sport: 53, dport: 40000 };
    expect(decided(documents, { ...dnsReply, state: 'established' })).toBe(
      'accept: failsafe(untracked@a) accept, conntrack(normal@a) accept',
    );
    expect(decided(documents, dnsReply)).toBe(
      'drop: failsafe(untracked@a) accept, default(normal@a) drop',
    );
    const sshReply: FlowFields = { ...FROM_HOST, sport: 22, state: 'established' };
    expect(decided(documents, sshReply)).toBe(
      'accept: failsafe(untracked@a) accept, conntrack(normal@a) accept',
    );
    expect(decided(documents, { ...TO_HOST, sport: 54, state: 'established' })).toBe(
      'drop: u(untracked@a) drop',
    );
  });

  test('trap 4: a failsafe is asked in every table that knows the endpoint', () => {
    const documents = given({
      hostEndpoints: [ETH0],
      policies: [
        onEth0('u', { doNotTrack: true, applyOnForward: true, ingress: [DENY_ALL] }),
        onEth0('d', { preDNAT: true, applyOnForward: true, ingress: [DENY_ALL] }),
      ],
    });
    expect(decided(documents, { ...TO_HOST, dport: 22 })).toBe(
      'accept: failsafe(untracked@a) accept, failsafe(preDNAT@a) accept, failsafe(normal@a) accept',
    );
  });

  test('a packet that routing ends has met raw and mangle only', () => {
    const documents = given({ hostEndpoints: [ETH0] });
    expect(decided(documents, { ...TO_HOST, routed: false })).toBe('unpoliced');
    expect(decided(documents, { ...FROM_HOST, routed: false })).toBe('unpoliced');
  });

  test('a packet of the host whose translation leads nowhere has met raw only', () => {
    const untracked = onEth0('u', { doNotTrack: true, applyOnForward: true, egress: [DENY_ALL] });
    const lost: FlowFields = { ...FROM_HOST, routedAgain: false };
    expect(decided(given({ hostEndpoints: [ETH0] }), lost)).toBe('unpoliced');
    expect(decided(given({ hostEndpoints: [ETH0], policies: [untracked] }), lost)).toBe(
      'drop: u(untracked@a) drop',
    );
  });

  test('5.0: with allow action RETURN what policy allows is the host’s own rules’ to decide, failsafes are not', () => {
    const documents = given({ hostEndpoints: [ETH0], policies: [NORMAL_80] });
    const environment = { IptablesFilterAllowAction: 'RETURN' };
    expect(decided({ ...documents, environment }, TO_HOST)).toBe('returned: n(normal@a) accept');
    expect(decided({ ...documents, environment }, { ...TO_HOST, dport: 22 })).toBe(
      'accept: failsafe(normal@a) accept',
    );
  });

  test('9: IPv6 is policed alike, neighbour discovery included', () => {
    const documents = given({ hostEndpoints: [ETH0], policies: [NORMAL_80] });
    const v6: FlowFields = { in: 'eth0', src: '2001:db8::7', dst: '2001:db8::10' };
    expect(decided(documents, v6)).toBe('accept: n(normal@a) accept');
    expect(decided(documents, { ...v6, proto: 'icmpv6', icmpType: 135 })).toBe(
      'drop: default(normal@a) drop',
    );
  });

  test('8: local traffic over lo meets a host endpoint only where one is on lo, and then twice', () => {
    const loop: FlowFields = { src: '192.0.2.10', dst: '192.0.2.10', out: 'lo' };
    const lo = hostEndpoint('lo', { interfaceName: 'lo', labels: { on: 'lo' } });
    expect(decided(given({ hostEndpoints: [ETH0] }), loop)).toBe('unpoliced');
    const both = policy('p', {
      selector: "on == 'lo'",
      ingress: [ALLOW_80],
      egress: [ALLOW_ALL],
    });
    expect(decided(given({ hostEndpoints: [lo], policies: [both] }), loop)).toBe(
      'accept: p(normal@lo) accept, p(normal@lo) accept',
    );
    expect(decided(given({ hostEndpoints: [lo], policies: [both] }), { ...loop, dport: 81 })).toBe(
      'drop: p(normal@lo) accept, default(normal@lo) drop',
    );
  });
});

// --- forwarding

const FORWARDED: FlowFields = { in: 'eth0', out: 'eth1', dst: '198.51.100.9' };

describe('forwarding between host interfaces in 2.6', () => {
  const version = '2.6';

  test('8.2: a bare host endpoint drops it, on whichever side', () => {
    expect(decided({ version, hostEndpoints: [ETH0] }, FORWARDED)).toBe(
      'drop: default(normal@a) drop',
    );
    expect(decided({ version, hostEndpoints: [ETH1] }, FORWARDED)).toBe(
      'drop: default(normal@b) drop',
    );
  });

  test('8: both sides must allow it by normal policy; failsafes and established end it at the first', () => {
    const hostEndpoints = [ETH0, ETH1];
    const policies = [NORMAL_80, onEth1('m', { egress: [ALLOW_80] })];
    expect(decided({ version, hostEndpoints, policies }, FORWARDED)).toBe(
      'accept: n(normal@a) accept, m(normal@b) accept',
    );
    expect(decided({ version, hostEndpoints, policies: [NORMAL_80] }, FORWARDED)).toBe(
      'drop: n(normal@a) accept, default(normal@b) drop',
    );
    expect(decided({ version, hostEndpoints }, { ...FORWARDED, dport: 22 })).toBe(
      'accept: failsafe(normal@a) accept',
    );
    expect(decided({ version, hostEndpoints }, { ...FORWARDED, state: 'established' })).toBe(
      'accept: conntrack(normal@a) accept',
    );
  });

  test('5.11: with allow action RETURN an established packet is asked about on both sides', () => {
    const environment = { IptablesFilterAllowAction: 'RETURN' };
    expect(
      decided(
        { version, environment, hostEndpoints: [ETH0, ETH1] },
        { ...FORWARDED, state: 'established' },
      ),
    ).toBe('returned: conntrack(normal@a) accept, conntrack(normal@b) accept');
  });

  test('trap 12: what preDNAT allows skips the way in, not the way out', () => {
    const d = onEth0('d', { preDNAT: true, ingress: [ALLOW_80] });
    expect(decided({ version, hostEndpoints: [ETH0], policies: [d] }, FORWARDED)).toBe(
      'accept: d(preDNAT@a) accept',
    );
    expect(decided({ version, hostEndpoints: [ETH0, ETH1], policies: [d] }, FORWARDED)).toBe(
      'drop: d(preDNAT@a) accept, default(normal@b) drop',
    );
  });

  test('8: where a workload takes part, its policy alone counts', () => {
    const documents: Given = {
      version,
      hostEndpoints: [ETH0],
      workloadEndpoints: [POD],
      policies: [policy('w', { selector: "on == 'cali1'", ingress: [ALLOW_80] })],
    };
    expect(decided(documents, { ...FORWARDED, out: 'cali1' })).toBe(
      'accept: w(workload@pod) accept',
    );
  });

  test('5.8: what a workload allows is accepted even with allow action RETURN', () => {
    const documents: Given = {
      version,
      environment: { IptablesFilterAllowAction: 'RETURN' },
      workloadEndpoints: [POD],
      policies: [policy('w', { selector: "on == 'cali1'", ingress: [ALLOW_80] })],
    };
    const toWorkload: FlowFields = { ...FORWARDED, out: 'cali1' };
    expect(decided(documents, toWorkload)).toBe('accept: w(workload@pod) accept');
    expect(decided(documents, { ...toWorkload, state: 'established' })).toBe(
      'accept: conntrack(workload@pod) accept',
    );
    expect(decided(documents, { ...toWorkload, dport: 81 })).toBe(
      'drop: default(workload@pod) drop',
    );
    expect(decided({ ...documents, version: '3.9' }, toWorkload)).toBe(
      'returned: w(workload@pod) accept',
    );
  });

  test('5.3: packets of workloads skip preDNAT policy', () => {
    expect(decided({ version, hostEndpoints: [ETH0] }, { ...TO_HOST, in: 'cali1' })).toBe(
      'drop: workload drop',
    );
  });
});

describe.each(['3.9', '3.32'] as const)('forwarding in %s', (version) => {
  test('8.2: host endpoints without forward policy accept it, whatever else they have', () => {
    const documents: Given = {
      version,
      hostEndpoints: [ETH0, ETH1],
      policies: [onEth0('n', { ingress: [DENY_ALL] })],
    };
    const { verdict, decision, steps } = decide(
      resolvedNode(version, documents),
      packetFlow(FORWARDED),
    );
    expect([verdict, decision, steps]).toEqual(['accept', undefined, []]);
    expect(decided({ version }, FORWARDED)).toBe('unpoliced');
  });

  test('8: forward policy of the way in and of the way out must both allow it; failsafes do not help (trap 5)', () => {
    const f = onEth0('f', { applyOnForward: true, ingress: [ALLOW_80], egress: [ALLOW_80] });
    const g = onEth1('g', { applyOnForward: true, ingress: [ALLOW_80], egress: [DENY_ALL] });
    const hostEndpoints = [ETH0, ETH1];
    expect(decided({ version, hostEndpoints, policies: [f] }, FORWARDED)).toBe(
      'accept: f(forward@a) accept',
    );
    expect(decided({ version, hostEndpoints, policies: [f, g] }, FORWARDED)).toBe(
      'drop: f(forward@a) accept, g(forward@b) drop',
    );
    expect(decided({ version, hostEndpoints, policies: [f] }, { ...FORWARDED, dport: 22 })).toBe(
      'drop: default(forward@a) drop',
    );
    expect(
      decided({ version, hostEndpoints, policies: [f] }, { ...FORWARDED, state: 'established' }),
    ).toBe('accept: conntrack(forward@a) accept');
  });

  test('trap 12: what untracked and preDNAT policy allow skips the way in, not the way out, not the workload', () => {
    for (const kind of [{ doNotTrack: true }, { preDNAT: true }]) {
      const early = onEth0('early', { ...kind, applyOnForward: true, ingress: [ALLOW_80] });
      const f = onEth0('f', { applyOnForward: true, ingress: [DENY_ALL] });
      const g = onEth1('g', { applyOnForward: true, egress: [DENY_ALL] });
      const type = kind.preDNAT === true ? 'preDNAT' : 'untracked';
      const documents: Given = {
        version,
        hostEndpoints: [ETH0, ETH1],
        workloadEndpoints: [POD],
        policies: [early, f, g],
      };
      expect(decided(documents, FORWARDED)).toBe(
        `drop: early(${type}@a) accept, g(forward@b) drop`,
      );
      expect(decided(documents, { ...FORWARDED, out: 'cali1' })).toBe(
        `drop: early(${type}@a) accept, default(workload@pod) drop`,
      );
    }
  });

  test('8: toward and from workloads forward policy and workload policy are both asked, in the packet’s order', () => {
    const documents: Given = {
      version,
      hostEndpoints: [ETH0],
      workloadEndpoints: [POD],
      policies: [
        onEth0('f', { applyOnForward: true, ingress: [ALLOW_ALL], egress: [ALLOW_ALL] }),
        policy('w', { selector: "on == 'cali1'", ingress: [ALLOW_80], egress: [ALLOW_ALL] }),
      ],
    };
    expect(decided(documents, { ...FORWARDED, out: 'cali1' })).toBe(
      'accept: f(forward@a) accept, w(workload@pod) accept',
    );
    expect(decided(documents, { ...FORWARDED, in: 'cali1', out: 'eth0' })).toBe(
      'accept: w(workload@pod) accept, f(forward@a) accept',
    );
  });

  test('3: pass at the end of forward policy neither allows nor drops', () => {
    const f = onEth0('f', { applyOnForward: true, ingress: [rule('pass'), ALLOW_ALL] });
    expect(decided({ version, hostEndpoints: [ETH0], policies: [f] }, FORWARDED)).toBe('unpoliced');
  });
});

test.each([
  ['3.9', 'accept: f(forward@a) accept'],
  ['3.32', 'returned: f(forward@a) accept'],
] as const)('8.3: forward policy for one direction only, in %s', (version, expected) => {
  const f = onEth0('f', { applyOnForward: true, ingress: [ALLOW_ALL] });
  const g = onEth1('g', { applyOnForward: true, ingress: [DENY_ALL] });
  expect(decided({ version, hostEndpoints: [ETH0, ETH1], policies: [f, g] }, FORWARDED)).toBe(
    expected,
  );
});

test('5.4: in 3.32 an established, DNATed forwarded packet is looked at again on its way out', () => {
  const flow: FlowFields = {
    ...FORWARDED,
    dst: '192.0.2.10',
    dnat: { dst: '198.51.100.9' },
    state: 'established',
  };
  const f = onEth0('f', { applyOnForward: true, ingress: [ALLOW_ALL] });
  expect(decided({ hostEndpoints: [ETH0, ETH1], policies: [f] }, flow)).toBe(
    'accept: conntrack(forward@a) accept, conntrack(normal@b) accept',
  );
});

// --- tiers (3)

test.each([
  ['deny in the first tier', 'deny', 'deny', 'drop: one(normal@a) drop'],
  ['pass to the next tier', 'pass', 'deny', 'accept: two(normal@a) accept'],
  ['no match, the tier denies', 'log', 'deny', 'drop: default(normal@a) drop'],
  ['no match, the tier passes', 'log', 'pass', 'accept: two(normal@a) accept'],
] as const)('3: tiers: %s', (_, action, defaultAction, expected) => {
  const documents: Given = {
    hostEndpoints: [ETH0],
    tiers: [tier('early', 1, defaultAction)],
    policies: [
      onEth0('one', { tier: 'early', ingress: [rule(action)] }),
      onEth0('two', { ingress: [ALLOW_ALL] }),
    ],
  };
  expect(decided(documents, TO_HOST)).toBe(expected);
});

test('3: a tier without policy in the direction has no end that drops', () => {
  const documents: Given = {
    hostEndpoints: [ETH0],
    tiers: [tier('early', 1)],
    policies: [
      onEth0('one', { tier: 'early', egress: [DENY_ALL] }),
      onEth0('two', { ingress: [ALLOW_ALL] }),
    ],
  };
  expect(decided(documents, TO_HOST)).toBe('accept: two(normal@a) accept');
});

test('3: the end of a tier says which tier dropped', () => {
  const documents = {
    hostEndpoints: [ETH0],
    tiers: [tier('early', 1)],
    policies: [onEth0('one', { tier: 'early', types: ['ingress'] })],
  };
  const { decision } = decide(resolvedNode('3.32', documents), packetFlow(TO_HOST));
  expect(decision).toMatchObject({ kind: 'default', tier: 'early', direction: 'ingress' });
});

// --- `*` endpoints (7)

const ANY = hostEndpoint('any', { interfaceName: '*', labels: { on: 'any' } });
const onAny = (name: string, fields: PolicyFields) =>
  policy(name, { selector: "on == 'any'", ...fields });

describe('7: a `*` host endpoint in 3.32', () => {
  test('drops on every interface without one of its own, lo included', () => {
    const hostEndpoints = [ANY, ETH0];
    expect(decided({ hostEndpoints }, { ...TO_HOST, in: 'eth1' })).toBe(
      'drop: default(normal@any) drop',
    );
    expect(decided({ hostEndpoints }, TO_HOST)).toBe('drop: default(normal@a) drop');
    expect(decided({ hostEndpoints }, { out: 'lo', src: '127.0.0.1', dst: '127.0.0.1' })).toBe(
      'drop: default(normal@any) drop',
    );
  });

  test('has no say in what the host sends to its workloads, and none in workload to host', () => {
    const documents: Given = { hostEndpoints: [ANY], workloadEndpoints: [POD] };
    expect(decided(documents, { ...FROM_HOST, out: 'cali1' })).toBe('unpoliced');
    expect(decided(documents, { ...TO_HOST, in: 'cali1' })).toBe(
      'drop: default(workload@pod) drop',
    );
  });

  test('its forward policy sees what workloads send each other, before and after theirs', () => {
    const documents: Given = {
      hostEndpoints: [ANY],
      workloadEndpoints: [
        POD,
        workload('pod2', { interfaceName: 'cali2', labels: { on: 'cali1' } }),
      ],
      policies: [
        onAny('f', { applyOnForward: true, ingress: [ALLOW_ALL], egress: [ALLOW_ALL] }),
        policy('w', { selector: "on == 'cali1'", ingress: [ALLOW_ALL], egress: [ALLOW_ALL] }),
      ],
    };
    expect(decided(documents, { ...FORWARDED, in: 'cali1', out: 'cali2' })).toBe(
      'accept: f(forward@any) accept, w(workload@pod) accept, w(workload@pod2) accept, f(forward@any) accept',
    );
  });

  test('has no untracked policy', () => {
    const u = onAny('u', { doNotTrack: true, applyOnForward: true, ingress: [ALLOW_ALL] });
    expect(decided({ hostEndpoints: [ANY], policies: [u] }, TO_HOST)).toBe(
      'drop: default(normal@any) drop',
    );
  });
});

test.each(['3.9', '3.32'] as const)(
  '7: in %s the preDNAT policy of `*` covers workloads, and interfaces whose own endpoint has none',
  (version) => {
    const d = onAny('d', { preDNAT: true, applyOnForward: true, ingress: [DENY_ALL] });
    const own = onEth0('own', { preDNAT: true, applyOnForward: true, ingress: [ALLOW_ALL] });
    const hostEndpoints = [ANY, ETH0];
    for (const name of ['eth0', 'eth1', 'cali1']) {
      expect(decided({ version, hostEndpoints, policies: [d] }, { ...TO_HOST, in: name })).toBe(
        'drop: d(preDNAT@any) drop',
      );
    }
    expect(decided({ version, hostEndpoints, policies: [d, own] }, TO_HOST)).toBe(
      'accept: own(preDNAT@a) accept',
    );
  },
);

test('7: in 3.9 a `*` endpoint polices nothing but preDNAT', () => {
  const policies = [onAny('n', { applyOnForward: true, ingress: [DENY_ALL], egress: [DENY_ALL] })];
  const given: Given = { version: '3.9', hostEndpoints: [ANY], policies };
  for (const flow of [TO_HOST, FROM_HOST, FORWARDED])
    expect(decided(given, flow)).toBe('unpoliced');
});

// --- workloads to the host (5.7)

describe.each(VERSIONS)('workloads in %s', (version) => {
  const documents: Given = {
    version,
    hostEndpoints: [ETH0],
    workloadEndpoints: [POD],
    policies: [policy('w', { selector: "on == 'cali1'", egress: [ALLOW_80] })],
  };
  const toHost: FlowFields = { ...TO_HOST, in: 'cali1', src: '10.65.0.2' };

  test.each([
    [undefined, 'drop: w(workload@pod) accept, workload drop'],
    ['Accept', 'accept: w(workload@pod) accept, workload accept'],
    ['Return', 'returned: w(workload@pod) accept'],
  ])(
    '5.7: what egress policy allows to the host is for DefaultEndpointToHostAction %s',
    (action, expected) => {
      const environment = action === undefined ? {} : { DefaultEndpointToHostAction: action };
      expect(decided({ ...documents, environment }, toHost)).toBe(expected);
      expect(decided({ ...documents, environment }, { ...toHost, dport: 81 })).toBe(
        'drop: default(workload@pod) drop',
      );
    },
  );

  test('5.7: established replies pass, invalid packets do not, failsafes do not exist', () => {
    expect(decided(documents, { ...toHost, state: 'established' })).toBe(
      'accept: conntrack(workload@pod) accept',
    );
    expect(decided(documents, { ...toHost, state: 'invalid' })).toBe(
      'drop: conntrack(workload@pod) drop',
    );
    expect(decided(documents, { ...toHost, dport: 22 })).toBe('drop: default(workload@pod) drop');
  });

  test('trap 23: an unknown workload interface drops, to the host and in forwarding', () => {
    expect(decided(documents, { ...toHost, in: 'cali9' })).toBe('drop: workload drop');
    expect(decided(documents, { ...FORWARDED, out: 'cali9' })).toBe('drop: workload drop');
  });

  test.each([
    [130, true],
    [131, true],
    [132, true],
    [133, true],
    [134, false],
    [135, true],
    [136, true],
    [137, false],
  ])('9: ICMPv6 type %i from a workload is exempt: %s', (icmpType, exempt) => {
    const flow: FlowFields = {
      in: 'cali1',
      src: 'fd00::2',
      dst: 'fe80::1',
      proto: 'icmpv6',
      icmpType,
    };
    expect(decided(documents, flow)).toBe(
      exempt ? 'accept: workload accept' : 'drop: default(workload@pod) drop',
    );
  });

  test('5.9: what the host sends to its own workload is not judged', () => {
    expect(decided(documents, { ...FROM_HOST, out: 'cali1', dst: '10.65.0.2' })).toBe('unpoliced');
  });

  test('3: workloads have neither untracked nor preDNAT policy', () => {
    const policies = [
      policy('u', { doNotTrack: true, applyOnForward: true, ingress: [ALLOW_ALL] }),
      policy('d', { preDNAT: true, applyOnForward: true, ingress: [ALLOW_ALL] }),
    ];
    expect(
      decided({ version, workloadEndpoints: [POD], policies }, { ...FORWARDED, out: 'cali1' }),
    ).toBe('drop: default(workload@pod) drop');
  });
});

test.each([
  ['2.6', {}, 'accept: w(workload@pod) accept'],
  ['3.9', {}, 'drop: workload(workload@pod) drop'],
  ['3.32', {}, 'drop: workload(workload@pod) drop'],
  [
    '3.32',
    { AllowVXLANPacketsFromWorkloads: 'true', AllowIPIPPacketsFromWorkloads: 'true' },
    'accept: w(workload@pod) accept',
  ],
] as const)('5.11: tunnels of workloads in %s with %j', (version, environment, expected) => {
  const documents: Given = {
    version,
    environment,
    workloadEndpoints: [POD],
    policies: [policy('w', { selector: "on == 'cali1'", egress: [ALLOW_ALL] })],
  };
  const flow: FlowFields = { ...FORWARDED, in: 'cali1' };
  expect(decided(documents, { ...flow, proto: 'udp', dport: 4789 })).toBe(expected);
  expect(decided(documents, { ...flow, proto: 4 })).toBe(expected);
});

// --- tunnels (5.6 c, d; 5.9)

const OTHER = calicoNode('node2', ['192.0.2.20', '2001:db8::20']);
const POOLS = [
  ipPool('i', { cidr: '10.65.0.0/16', ipip: true }),
  ipPool('v', { cidr: '10.66.0.0/16', vxlan: true }),
];

describe.each(VERSIONS)('tunnels in %s', (version) => {
  const documents: Given = { version, hostEndpoints: [ETH0], nodes: [OTHER], ipPools: POOLS };

  test('5.6 c: IPIP of known hosts is let in and out before policy, that of others dropped', () => {
    const ipip: FlowFields = { in: 'eth0', proto: 4, src: '192.0.2.20' };
    expect(decided(documents, ipip)).toBe('accept: tunnel accept');
    expect(decided(documents, { ...ipip, src: '203.0.113.7' })).toBe('drop: tunnel drop');
    const out: FlowFields = { ...FROM_HOST, proto: 4, dst: '192.0.2.20' };
    expect(decided(documents, out)).toBe('accept: tunnel accept');
    expect(decided(documents, { ...out, dst: '203.0.113.7' })).toBe('drop: default(normal@a) drop');
    expect(decided({ ...documents, ipPools: [] }, ipip)).toBe('drop: default(normal@a) drop');
  });

  test('5.6 d: VXLAN alike, where the version has it', () => {
    const vxlan: FlowFields = { in: 'eth0', proto: 'udp', dport: 4789, src: '192.0.2.20' };
    const has = version !== '2.6';
    const dropped = 'drop: default(normal@a) drop';
    expect(decided(documents, vxlan)).toBe(has ? 'accept: tunnel accept' : dropped);
    expect(decided(documents, { ...vxlan, src: '203.0.113.7' })).toBe(
      has ? 'drop: tunnel drop' : dropped,
    );
    expect(decided(documents, { ...FROM_HOST, proto: 'udp', dport: 4789, dst: '192.0.2.20' })).toBe(
      has ? 'accept: tunnel accept' : dropped,
    );
    const v6: FlowFields = { ...vxlan, src: '2001:db8::20', dst: '2001:db8::10' };
    expect(decided(documents, v6)).toBe(version === '3.32' ? 'accept: tunnel accept' : dropped);
  });

  test('9: preDNAT policy can still drop tunnels', () => {
    const policies = [onEth0('d', { preDNAT: true, applyOnForward: true, ingress: [DENY_ALL] })];
    expect(decided({ ...documents, policies }, { in: 'eth0', proto: 4, src: '192.0.2.20' })).toBe(
      'drop: d(preDNAT@a) drop',
    );
  });
});

// --- DNAT of what the host sends (5.4, 5.9, trap 19)

describe('trap 19: the host sends to a service address; DNAT redirects it from eth0 to eth1', () => {
  const flow: FlowFields = {
    src: '192.0.2.10',
    dst: '10.96.0.1',
    out: 'eth0',
    finalOut: 'eth1',
    dnat: { dst: '198.51.100.9' },
  };
  const hostEndpoints = [ETH0, ETH1];
  const policies = [onEth1('g', { egress: [ALLOW_80] })];

  test('3.9 judges by the interface of before', () => {
    expect(decided({ version: '3.9', hostEndpoints, policies }, flow)).toBe(
      'drop: default(normal@a) drop',
    );
  });

  test('3.32 judges by the interface of after', () => {
    expect(decided({ hostEndpoints, policies }, flow)).toBe('returned: g(normal@b) accept');
    expect(decided({ hostEndpoints }, flow)).toBe('drop: default(normal@b) drop');
    expect(decided({ hostEndpoints: [ETH0] }, flow)).toBe('unpoliced');
    expect(decided({ hostEndpoints: [ANY] }, { ...flow, finalOut: 'cali1' })).toBe('unpoliced');
  });

  test('5.4: what untracked policy allows is not translated, and not asked about again', () => {
    const u = onEth0('u', { doNotTrack: true, applyOnForward: true, egress: [ALLOW_ALL] });
    expect(decided({ hostEndpoints, policies: [u] }, flow)).toBe('accept: u(untracked@a) accept');
  });
});

test('IptablesFilterDenyAction REJECT rejects in filter; raw and mangle cannot', () => {
  const environment = { IptablesFilterDenyAction: 'Reject' };
  const given = (fields: PolicyFields): Given => ({
    environment,
    hostEndpoints: [ETH0],
    policies: [onEth0('p', { applyOnForward: true, ingress: [DENY_ALL], ...fields })],
  });
  expect(decided(given({}), TO_HOST)).toBe('reject: p(normal@a) reject');
  expect(decided(given({ preDNAT: true }), TO_HOST)).toBe('drop: p(preDNAT@a) drop');
  expect(decided(given({ doNotTrack: true }), TO_HOST)).toBe('drop: p(untracked@a) drop');
});

test('6: a failsafe net binds the port to its peers, and the way back too', () => {
  const given: Given = {
    environment: {
      FailsafeInboundHostPorts: 'tcp:203.0.113.0/24:22',
      FailsafeOutboundHostPorts: 'udp:[2001:db8::/32]:53',
    },
    hostEndpoints: [ETH0],
  };
  const ssh: FlowFields = { ...TO_HOST, dport: 22 };
  expect(decided(given, ssh)).toBe('accept: failsafe(normal@a) accept');
  expect(decided(given, { ...ssh, src: '198.51.100.9' })).toBe('drop: default(normal@a) drop');
  expect(decided(given, { ...ssh, src: '2001:db8::7', dst: '2001:db8::10' })).toBe(
    'drop: default(normal@a) drop',
  );
  expect(
    decided(given, {
      out: 'eth0',
      proto: 'udp',
      dport: 53,
      src: '2001:db8::10',
      dst: '2001:db8::7',
    }),
  ).toBe('accept: failsafe(normal@a) accept');
});
