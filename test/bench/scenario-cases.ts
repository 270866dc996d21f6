import { runScenarios } from '../../src/cli/run-scenarios.ts';
import { findScenarios, type ScenarioFile, ScenarioReader } from '../../src/cli/scenario-files.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { processorSeconds } from './processor-time.ts';

const ROUNDS = 7;
const AT_LEAST = 20_000;

/** What running scenario cases in process came to. */
export interface CaseRate {
  readonly cases: number;
  readonly packets: number;
  readonly rounds: number;
  /** Cases a second of processor time, of the fastest round. */
  readonly casesPerSecond: number;
}

const SILENT: Terminal = {
  readStdin: () => '',
  stdinBytes: async function* () {},
  writeOut: () => undefined,
  writeError: () => undefined,
  outIsTerminal: false,
  errorIsTerminal: false,
  columns: undefined,
  environment: {},
  hostName: () => 'bench',
};

/** A case that replays a capture runs many packets and is measured as replay is. */
function withoutReplays(file: ScenarioFile): ScenarioFile {
  const cases = file.scenario.cases.filter(({ replay }) => replay === undefined);
  return { ...file, scenario: { ...file.scenario, cases } };
}

/**
 * Runs the cases of `scenarios/`, each many times over, as `hepsim test` does once it has read the documents: parsing packets and
 * expectations, simulating, asking policy for its second opinion, reporting.
 */
export async function measureScenarioCases(): Promise<CaseRate> {
  const read = findScenarios(['scenarios'], { lenient: false }).map(withoutReplays);
  const once = read.reduce((sum, { scenario }) => sum + scenario.cases.length, 0);
  const times = Math.ceil(AT_LEAST / once);
  const found = read.map((file) => ({
    ...file,
    scenario: {
      ...file.scenario,
      cases: Array.from({ length: times }, () => file.scenario.cases).flat(),
    },
  }));
  const reader = new ScenarioReader({ version: undefined, lenient: false });
  const runOnce = async (): Promise<number> => {
    const start = process.cpuUsage();
    const report = await runScenarios(
      found,
      reader,
      {
        isWanted: () => true,
        failFast: false,
        version: undefined,
        nowMs: () => 0,
      },
      SILENT,
    );
    const seconds = processorSeconds(start);
    if (report.cases.length !== once * times || report.cases.some(({ passed }) => !passed)) {
      throw new Error('not all cases passed');
    }
    return seconds;
  };
  // Reads the documents, which later rounds share.
  await runOnce();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, await runOnce());
  const steps = found.flatMap(({ scenario }) => scenario.cases.flatMap((one) => one.steps));
  return {
    cases: once * times,
    packets: steps.length,
    rounds: ROUNDS,
    casesPerSecond: (once * times) / best,
  };
}
