import { afterAll, expect, test } from 'vitest';
import { EMPTY_STATE } from '../../src/apply/own-state.ts';
import { type FaultCount, tellFaults } from '../support/fault-count.ts';
import { FOREIGN_RULES, faultPolicies } from '../support/fault-policies.ts';
import { type FaultCase, injectFaults, target } from '../support/inject-faults.ts';
import { namespaceSuite } from '../support/kernel-suite.ts';
import { namespaceTools } from '../support/namespace-tools.ts';

/** Every so manieth fault is tried; `npm run faults` tries all of them. */
const STRIDE = Number(process.env.HEPSIM_FAULT_STRIDE ?? 9);

namespaceSuite('the kernel', (build, at) => {
  const count: FaultCount = {
    suite: `programs that fail, do half of it, or are killed, iptables-${build}`,
    injected: 0,
    halfApplied: 0,
  };
  afterAll(() => tellFaults(count));

  const [first, second, third] = faultPolicies();
  const nothing = { state: EMPTY_STATE, files: undefined };
  const cases: readonly (readonly [string, FaultCase])[] = [
    ['a first apply', { from: EMPTY_STATE, to: target(first) }],
    ['a change of everything', { from: target(first).state, to: target(second) }],
    ['a change of one rule', { from: target(second).state, to: target(third) }],
    ['a way back', { from: target(second).state, to: target(first) }],
    ['removal', { from: target(second).state, to: nothing }],
  ];

  test.each(cases)(
    'holds exactly the old or the new rules wherever %s goes wrong',
    {
      timeout: 600_000,
    },
    (_, change) => {
      const { namespace } = at;
      const tools = namespaceTools(namespace, build);
      namespace.run('ipset', ['create', 'mine', 'hash:net']);
      tools.restoreRules(4, FOREIGN_RULES);
      let tried = 0;
      for (const result of injectFaults(tools, change, (number) => number % STRIDE === 0)) {
        tried++;
        count.injected++;
        if (result.problem !== undefined) count.halfApplied++;
        expect({ ...result }).toEqual({ ...result, problem: undefined });
      }
      expect(tried).toBeGreaterThan(0);
    },
  );
});
