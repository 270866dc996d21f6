import { describe, expect, test } from 'vitest';
import { findScenarios, ScenarioReader } from '../src/cli/scenario-files.ts';
import { runReplayCase } from '../src/replay/replay-case.ts';
import { NodeModel } from '../src/scenario/node-model.ts';
import { prepareScenario } from '../src/scenario/prepare-scenario.ts';
import { CaseRunner } from '../src/scenario/run-scenario.ts';
import { renderProblem } from '../src/source/problem.ts';

const found = findScenarios(['scenarios'], { lenient: false });
const reader = new ScenarioReader({ version: undefined, lenient: false });

test('there are at least 150 expectations', () => {
  const steps = found.flatMap(({ scenario }) => scenario.cases.flatMap((one) => one.steps));
  expect(steps.filter((step) => step.expect !== undefined).length).toBeGreaterThanOrEqual(150);
});

describe.each(found.map((one) => [one.scenario.metadata.name, one] as const))('%s', (_, one) => {
  const cases = prepareScenario(one.scenario, (problem) => {
    throw new Error(renderProblem(problem));
  });
  const model = new NodeModel(reader.readResources(one).resources, {
    node: one.scenario.node,
    machine: 'this-machine',
    environment: one.scenario.environment,
  });
  const runner = new CaseRunner(model);
  test.each(cases.map((prepared) => [prepared.name, prepared] as const))(
    '%s',
    async (_name, prepared) => {
      const { replay } = prepared;
      const { steps } =
        replay === undefined ? runner.run(prepared) : await runReplayCase(prepared, replay, model);
      const failed = steps.map(({ mismatches, disagreement, error }) => ({
        mismatches,
        disagreement,
        error,
      }));
      const holds = { mismatches: [], disagreement: undefined, error: undefined };
      const expected = replay === undefined ? prepared.steps.length : 1;
      expect(failed).toEqual(Array.from({ length: expected }, () => holds));
    },
  );
});
