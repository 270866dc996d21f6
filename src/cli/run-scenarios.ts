import { LOCAL } from '../packet/packet.ts';
import { NodeModel } from '../scenario/node-model.ts';
import { type PreparedCase, prepareScenario } from '../scenario/prepare-scenario.ts';
import { type CaseResult, CaseRunner, type StepResult } from '../scenario/run-scenario.ts';
import {
  type CaseReport,
  type InvariantReport,
  reportCase,
  type TestReport,
} from '../scenario/scenario-report.ts';
import { Assumptions } from '../simulate/assumptions.ts';
import { InputError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';
import { felixEnvironment, printWarnings } from './load-model.ts';
import { chainLabels } from './print/chain-labels.ts';
import { Progress } from './print/progress.ts';
import { painter } from './print/style.ts';
import { renderTrace } from './print/trace-text.ts';
import { reproducingCommand, rerunningCommand } from './reproduce.ts';
import type { ScenarioFile, ScenarioReader, ScenarioResources } from './scenario-files.ts';
import type { Terminal } from './terminal.ts';

export interface RunOptions {
  /** Which cases run, by scenario and case name. */
  readonly isWanted: (scenario: string, name: string) => boolean;
  readonly failFast: boolean;
  /** The version asked for on the command line, to name in the commands that reproduce failures. */
  readonly version: string | undefined;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** As written after `--assume`. */
  readonly assume?: readonly string[];
}

interface RunnableModel {
  readonly model: NodeModel;
  readonly runner: CaseRunner;
}

interface ReadyScenario extends RunnableModel {
  readonly found: ScenarioFile;
  readonly read: ScenarioResources;
  readonly cases: readonly PreparedCase[];
}

/**
 * Runs the cases of scenarios. Everything is read and checked before the first one runs.
 *
 * @throws InputError with what is wrong in any scenario or its documents.
 */
export async function runScenarios(
  found: readonly ScenarioFile[],
  reader: ScenarioReader,
  options: RunOptions,
  terminal: Terminal,
): Promise<TestReport> {
  const start = options.nowMs();
  const ready = await makeReady(found, reader, options, terminal);
  const cases: CaseReport[] = [];
  const invariants: InvariantReport[] = [];
  const total = ready.reduce((sum, { cases: some }) => sum + some.length, 0);
  const progress = new Progress(terminal, options.nowMs);
  let notRun = 0;
  let stopped = false;
  for (const scenario of ready) {
    const about = { scenario: nameOf(scenario.found), file: scenario.found.file };
    for (const { name } of scenario.found.scenario.invariants) {
      if (options.isWanted(about.scenario, name)) invariants.push({ ...about, name });
    }
    if (scenario.cases.length === 0) continue;
    const printing = {
      trace: (step: StepResult) => traceOf(step, scenario),
      command: (steps: readonly StepResult[]) =>
        reproducingCommand(steps, { ...about, version: options.version, assume: options.assume }),
      rerun: (name: string) =>
        rerunningCommand(name, { ...about, version: options.version, assume: options.assume }),
    };
    for (const prepared of scenario.cases) {
      if (stopped) {
        notRun += 1;
        continue;
      }
      const result = await runCase(prepared, scenario);
      const report = reportCase(result, about, printing);
      cases.push(report);
      progress.update(cases.length, total, 'cases');
      if (options.failFast && !report.passed) stopped = true;
    }
  }
  progress.end();
  return { cases, invariants, notRun, durationSeconds: (options.nowMs() - start) / 1000 };
}

async function runCase(
  prepared: PreparedCase,
  { runner, model }: ReadyScenario,
): Promise<CaseResult> {
  if (prepared.replay === undefined) return runner.run(prepared);
  // Most scenarios read no captures.
  const { runReplayCase } = await import('../replay/replay-case.ts');
  return runReplayCase(prepared, prepared.replay, model);
}

function nameOf({ scenario }: ScenarioFile): string {
  return scenario.metadata.name;
}

function traceOf({ result }: StepResult, { read, model }: ReadyScenario): string {
  if (result === undefined) return '';
  return renderTrace(result, {
    paint: painter({ color: false }),
    texts: read.texts,
    labelOf: chainLabels(model.ruleset(result.packet.family)),
    everything: false,
  });
}

async function makeReady(
  found: readonly ScenarioFile[],
  reader: ScenarioReader,
  options: RunOptions,
  terminal: Terminal,
): Promise<readonly ReadyScenario[]> {
  const problems = new Map<string, Problem>();
  const ready: ReadyScenario[] = [];
  const environment = felixEnvironment(terminal);
  const assumptions = new Assumptions(options.assume ?? []);
  const machine = terminal.hostName();
  const warned = new Set<ScenarioResources>();
  const models = new SharedModels();
  for (const one of found) {
    const report = (problem: Problem): void => addProblem(problems, problem);
    const cases = prepareScenario(one.scenario, report).filter(({ name }) =>
      options.isWanted(nameOf(one), name),
    );
    if (cases.some(({ replay }) => replay !== undefined)) {
      const { checkReplays } = await import('../replay/replay-case.ts');
      checkReplays(cases, report);
    }
    try {
      const read = reader.readResources(one);
      if (!warned.has(read)) printWarnings(read.resources, terminal);
      warned.add(read);
      const { node, environment: own } = one.scenario;
      const about = models.of(read, [node, ...own], () => {
        const variables = new Map([...environment, ...own]);
        return new NodeModel(read.resources, {
          node,
          machine,
          environment: variables,
          assumptions,
        });
      });
      reportUnknownInterfaces(cases, about.model, report);
      ready.push({ found: one, read, ...about, cases });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const problem of error.problems) addProblem(problems, problem);
    }
  }
  if (problems.size > 0) throw new InputError([...problems.values()]);
  return ready;
}

/** A packet that says where it arrives says so of this host: another name is a slip, not a case that fails. */
function reportUnknownInterfaces(
  cases: readonly PreparedCase[],
  { host }: NodeModel,
  report: (problem: Problem) => void,
): void {
  const known = new Set([...host.interfaces.map(({ name }) => name), LOCAL]);
  for (const { steps, replay } of cases) {
    const places = [
      ...steps.map(({ packet, location }) => ({ name: packet?.in, location })),
      ...(replay === undefined ? [] : [{ name: replay.in, location: replay.location }]),
    ];
    for (const { name, location } of places) {
      if (name === undefined || known.has(name)) continue;
      report({
        code: 'unknown-reference',
        severity: 'error',
        message: `the host has no interface \`${name}\``,
        hint: `It has ${[...known].map((one) => `\`${one}\``).join(', ')}.`,
        location,
      });
    }
  }
}

/** Scenarios that mean the same by the same documents have one model. */
class SharedModels {
  private readonly known: Map<ScenarioResources, Map<string, RunnableModel>> = new Map();

  /** `meant`: what else the model is made from. */
  of(read: ScenarioResources, meant: readonly unknown[], make: () => NodeModel): RunnableModel {
    const ofDocuments = this.known.get(read) ?? new Map<string, RunnableModel>();
    this.known.set(read, ofDocuments);
    const key = JSON.stringify(meant);
    const known = ofDocuments.get(key);
    if (known !== undefined) return known;
    const model = make();
    const made = { model, runner: new CaseRunner(model) };
    ofDocuments.set(key, made);
    return made;
  }
}

/** Scenarios share documents, so that the same problem comes up with each of them. */
function addProblem(problems: Map<string, Problem>, problem: Problem): void {
  problems.set(JSON.stringify([problem.location, problem.code, problem.message]), problem);
}
