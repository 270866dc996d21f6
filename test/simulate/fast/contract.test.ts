import { expect, test } from 'vitest';
import { findScenarios, ScenarioReader } from '../../../src/cli/scenario-files.ts';
import type { Packet } from '../../../src/packet/packet.ts';
import { NodeModel } from '../../../src/scenario/node-model.ts';
import { prepareScenario } from '../../../src/scenario/prepare-scenario.ts';
import { CaseRunner } from '../../../src/scenario/run-scenario.ts';
import { BothEvaluators } from '../../support/both-evaluators.ts';

// The rows of the facts sheet go through both evaluators as well, in the kernel's suites.

const found = findScenarios(['scenarios'], { lenient: false });
const reader = new ScenarioReader({ version: undefined, lenient: false });

let packets = 0;
let fast = 0;

test.each(found.map((one) => [one.scenario.metadata.name, one] as const))(
  'the fast evaluator says of the packets of %s what the simulator says',
  (_, one) => {
    const model = new NodeModel(reader.readResources(one).resources, {
      node: one.scenario.node,
      machine: 'this-machine',
      environment: one.scenario.environment,
    });
    const runner = new CaseRunner(model);
    const both = new BothEvaluators({
      host: model.host,
      rulesets: [model.ruleset(4), model.ruleset(6)],
      notModelled: model.notModelled(),
      connections: model.connections.records,
    });
    for (const prepared of prepareScenario(one.scenario, () => undefined)) {
      if (prepared.replay !== undefined) continue;
      both.reset();
      const sent = runner.run(prepared).steps.flatMap(({ packet, result }): Packet[] => {
        if (packet === undefined || result === undefined) return [];
        return [{ ...packet, in: result.packet.in, source: result.packet.source }];
      });
      const pairs = both.runPackets(sent);
      expect(
        pairs.map(({ together }) => together),
        prepared.name,
      ).toEqual(pairs.map(({ alone }) => alone));
    }
    packets += both.packets;
    fast += both.fastPackets;
  },
);

// What is left to the simulator proves nothing.
test('the fast evaluator judges most of them itself', () => {
  expect(fast / packets).toBeGreaterThan(0.5);
});
