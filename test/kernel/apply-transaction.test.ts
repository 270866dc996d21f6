import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KernelTools } from '../../src/apply/kernel-tools.ts';
import { makeSteps } from '../../src/apply/make-steps.ts';
import { EMPTY_STATE, type OwnState } from '../../src/apply/own-state.ts';
import { readKernel } from '../../src/apply/read-kernel.ts';
import { type RuleFiles, renderRuleFiles, stateOf } from '../../src/apply/rule-files.ts';
import { runTransaction } from '../../src/apply/transaction.ts';
import { compilePolicy } from '../../src/compile/compile.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import { FOREIGN_RULES } from '../support/fault-policies.ts';
import { savedText } from '../support/inject-faults.ts';
import { namespaceSuite } from '../support/kernel-suite.ts';
import { namespaceTools } from '../support/namespace-tools.ts';
import { randomDocuments, resolveTestNode } from '../support/random-documents.ts';

const VERSIONS: readonly CalicoVersion[] = ['2.6', '3.9', '3.32'];

const RUNS = Number(process.env.HEPSIM_APPLY_RUNS ?? 3);

namespaceSuite('the kernel', (build, at) => {
  test.each(VERSIONS)(
    'goes from policy to policy of Calico %s, and leaves what is of others alone',
    {
      timeout: 180_000,
    },
    async (version) => {
      await fc.assert(
        fc.asyncProperty(
          fc.tuple(randomDocuments(version), randomDocuments(version)),
          async (documents) => {
            const namespace = await at.fresh();
            const tools = namespaceTools(namespace, build);
            namespace.run('ipset', ['create', 'mine', 'hash:net']);
            tools.restoreRules(4, FOREIGN_RULES);
            const before = savedText(tools);
            const [first, second] = documents.map(filesOf) as [RuleFiles, RuleFiles];
            apply(tools, first);
            apply(tools, second);
            apply(tools, first);
            expect(change(tools, EMPTY_STATE)).toEqual({ kind: 'done' });
            expect(savedText(tools)).toBe(before);
          },
        ),
        { numRuns: RUNS, endOnFailure: process.env.CI !== undefined },
      );
    },
  );
});

function filesOf(documents: Parameters<typeof resolveTestNode>[0]): RuleFiles {
  const policy = resolveTestNode(documents);
  return renderRuleFiles({ 4: compilePolicy(policy, 4), 6: compilePolicy(policy, 6) });
}

function apply(tools: KernelTools, files: RuleFiles): void {
  const wanted = stateOf(files);
  expect(change(tools, wanted, files)).toEqual({ kind: 'done' });
  const plan = makeSteps(readKernel(tools).own, wanted, files);
  expect(plan.steps).toEqual([]);
}

function change(tools: KernelTools, wanted: OwnState, files?: RuleFiles): unknown {
  const old = readKernel(tools).own;
  const plan = makeSteps(old, wanted, files);
  return runTransaction({ old, wanted, plan }, tools);
}
