import { statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CaptureError } from '../capture/capture-error.ts';
import { type OpenCapture, openCapture } from '../capture/open-capture.ts';
import type { ScenarioReplay } from '../resources/scenario-document.ts';
import type { Mismatch } from '../scenario/expectation.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import type { PreparedCase } from '../scenario/prepare-scenario.ts';
import type { CaseResult, StepResult } from '../scenario/run-scenario.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Report } from '../source/problem.ts';
import { type FilterTerm, makeTerm, packetFilter } from './packet-filter.ts';
import { prepareReplay } from './prepare-replay.ts';
import type { ReplaySummary } from './summary.ts';

/** Reports what is wrong with the captures and filters of a scenario's replays. */
export function checkReplays(cases: readonly PreparedCase[], report: Report): void {
  for (const { replay } of cases) {
    if (replay === undefined) continue;
    termsOf(replay, report);
    for (const { value, location } of replay.captures) {
      const path = pathOf(value, location);
      const why = unreadable(path);
      if (why === undefined) continue;
      report({
        code: 'file-unreadable',
        severity: 'error',
        message: `the capture ${path}: ${why}`,
        hint: 'Paths start at the directory of the scenario.',
        location,
      });
    }
  }
}

/** Why a path is no file that can be read; undefined where it may be one. */
function unreadable(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'there is no such file';
    return stats.isDirectory() ? 'it is a directory' : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function pathOf(capture: string, { file }: SourceLocation): string {
  return normalize(join(dirname(file), capture));
}

/** Runs the replay of a case and compares its counts with those that are expected. */
export async function runReplayCase(
  prepared: PreparedCase,
  replay: ScenarioReplay,
  model: NodeModel,
): Promise<CaseResult> {
  const step = await runReplay(replay, model);
  const passed = step.error === undefined && step.mismatches.length === 0;
  return { name: prepared.name, location: prepared.location, passed, steps: [step] };
}

async function runReplay(replay: ScenarioReplay, model: NodeModel): Promise<StepResult> {
  const { host } = model;
  const from = replay.in;
  if (from !== undefined && from !== 'local' && !host.interfaces.some((one) => one.name === from)) {
    return stepOf(replay, [], `the host has no interface \`${from}\``);
  }
  try {
    const summary = await summaryOf(replay, model);
    return stepOf(replay, mismatches(replay, summary), undefined);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return stepOf(replay, [], `${error.file}: ${error.message}`);
  }
}

async function summaryOf(replay: ScenarioReplay, model: NodeModel): Promise<ReplaySummary> {
  const captures: OpenCapture[] = [];
  try {
    for (const { value, location } of replay.captures) {
      captures.push(await openCapture(pathOf(value, location), noStdin));
    }
    const { outcomes, run } = prepareReplay(model);
    const terms = termsOf(replay, () => undefined);
    return await run(captures, {
      in: replay.in,
      ignoreChecksums: replay.ignoreChecksums,
      assumeEstablished: replay.assumeEstablished,
      filter: terms.length === 0 ? undefined : packetFilter(terms, outcomes),
    });
  } finally {
    for (const { close } of captures) close();
  }
}

/** A path is joined to that of the scenario, so that it never stands for standard input. */
function noStdin(): AsyncIterable<Uint8Array> {
  throw new Error('a scenario reads no standard input');
}

function termsOf(replay: ScenarioReplay, report: Report): readonly FilterTerm[] {
  return replay.filter.flatMap(({ field, values, negated, location }) => {
    const made = makeTerm(field, values, negated);
    if (made.kind === 'term') return [made.term];
    const { message, hint } = made;
    report({ code: 'invalid-value', severity: 'error', message, hint, location });
    return [];
  });
}

function mismatches(replay: ScenarioReplay, summary: ReplaySummary): readonly Mismatch[] {
  return replay.expect.flatMap(({ count, wanted }) => {
    const got = countOf(summary, count);
    return got === wanted ? [] : [{ field: count, expected: wanted, got }];
  });
}

function countOf(summary: ReplaySummary, count: string): number {
  const { verdicts, unattributed, ignored, captures } = summary;
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  switch (count) {
    case 'packets':
    case 'bytes':
    case 'flows':
      return summary[count];
    case 'unattributed':
      return sum(Object.values(unattributed));
    case 'ignored':
      return sum(Object.values(ignored));
    case 'leftOut':
      return summary.leftOut ?? 0;
    case 'problems':
      return sum(captures.map(({ problemCount }) => problemCount));
    default:
      return verdicts[count as keyof ReplaySummary['verdicts']];
  }
}

function stepOf(
  { location }: ScenarioReplay,
  differing: readonly Mismatch[],
  error: string | undefined,
): StepResult {
  return {
    location,
    packet: undefined,
    result: undefined,
    mismatches: differing,
    disagreement: undefined,
    error,
  };
}
