import type { LostAccess } from '../../apply/guard/check-access.ts';
import { checkReplays, runReplayCase } from '../../replay/replay-case.ts';
import type { ScenarioDocument } from '../../resources/scenario-document.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import { type PreparedCase, prepareScenario } from '../../scenario/prepare-scenario.ts';
import { type CaseResult, CaseRunner, stepFailed } from '../../scenario/run-scenario.ts';
import { InputError } from '../../source/errors.ts';
import { renderLocation } from '../../source/location.ts';
import type { Problem } from '../../source/problem.ts';
import { findScenarios } from '../scenario-files.ts';

/** Scenarios that must hold on the rules to be written and this machine. */
export interface ScenarioChecks {
  readonly check: (model: NodeModel) => Promise<readonly LostAccess[]>;
}

interface ReadyScenario {
  readonly scenario: ScenarioDocument;
  readonly cases: readonly PreparedCase[];
}

/**
 * Reads scenarios. Their own documents take no part: their cases are held against what is to be applied. Those of other nodes say nothing about this one.
 *
 * @throws InputError when a scenario is wrong, or a path holds none.
 */
export function checkScenarios(
  paths: readonly string[],
  lenient: boolean | undefined,
): ScenarioChecks {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => {
    problems.push(problem);
  };
  const found = paths.length === 0 ? [] : findScenarios(paths, { lenient });
  const ready = found.map(({ scenario }): ReadyScenario => {
    const cases = prepareScenario(scenario, report);
    checkReplays(cases, report);
    return { scenario, cases };
  });
  if (problems.length > 0) throw new InputError(problems);
  return {
    check: async (model) => {
      const lost: LostAccess[] = [];
      for (const one of ready) lost.push(...(await checkScenario(one, model)));
      return lost;
    },
  };
}

async function checkScenario(
  { scenario, cases }: ReadyScenario,
  model: NodeModel,
): Promise<readonly LostAccess[]> {
  if (scenario.node !== undefined && scenario.node !== model.choice.node) return [];
  const about = `scenario ${scenario.metadata.name}`;
  const runner = new CaseRunner(model);
  const lost: LostAccess[] = [];
  for (const one of cases) {
    const result =
      one.replay === undefined ? runner.run(one) : await runReplayCase(one, one.replay, model);
    const failure = failureOf(result, about);
    if (failure !== undefined) lost.push(failure);
  }
  const unproved = scenario.invariants.map(({ name }) => ({
    name: `${about}: ${name}`,
    reason: 'it is a statement about all packets, which hepsim cannot prove yet',
    result: undefined,
  }));
  return [...lost, ...unproved];
}

function failureOf({ name, passed, steps }: CaseResult, about: string): LostAccess | undefined {
  if (passed) return undefined;
  const step = steps.find(stepFailed);
  if (step === undefined) return undefined;
  const differences = step.mismatches.map(
    ({ field, expected, got }) =>
      `expected ${field} ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
  );
  const disagreement =
    step.disagreement === undefined ? [] : ['rules and policy contradict each other: a bug'];
  const reasons = [
    ...differences,
    ...disagreement,
    ...(step.error === undefined ? [] : [step.error]),
  ];
  return {
    name: `${about}: ${name}`,
    reason: `${reasons.join('; ')} (${renderLocation(step.location)})`,
    result: step.result,
  };
}
