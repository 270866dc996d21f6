import { renderPacketLine } from '../packet/packet-text.ts';
import type { SourceLocation } from '../source/location.ts';
import type { CaseResult, StepResult } from './run-scenario.ts';
import { stepFailed } from './run-scenario.ts';

/** One case's outcome, as every reporter prints it. */
export interface CaseReport {
  readonly scenario: string;
  readonly file: string;
  readonly name: string;
  readonly location: SourceLocation;
  readonly passed: boolean;
  readonly failures: readonly StepFailure[];
}

/** What went wrong at one step of a case. */
export interface StepFailure {
  readonly location: SourceLocation;
  /** `expectation`: the result is not as expected; `disagreement`: hepsim contradicts itself; `error`: the step could not be run. */
  readonly kind: 'expectation' | 'disagreement' | 'error';
  /** One line. */
  readonly message: string;
  /** The step's packet as a line; undefined when there was none. */
  readonly packet: string | undefined;
  /** What was expected and what came, one line for each field. */
  readonly details: readonly string[];
  /** The packet's way, as text without colour; empty when there was no packet. */
  readonly trace: string;
  /** The command that shows the same; undefined when there was no packet. */
  readonly command: string | undefined;
}

/** An invariant that a scenario states and that nothing has proved. */
export interface InvariantReport {
  readonly scenario: string;
  readonly file: string;
  readonly name: string;
}

/** What a whole test run came to. */
export interface TestReport {
  readonly cases: readonly CaseReport[];
  readonly invariants: readonly InvariantReport[];
  /** Cases that were not run, because an earlier one failed. */
  readonly notRun: number;
  readonly durationSeconds: number;
}

/** How many cases passed and failed. */
export function countCases(report: TestReport): {
  readonly passed: number;
  readonly failed: number;
} {
  const passed = report.cases.filter((one) => one.passed).length;
  return { passed, failed: report.cases.length - passed };
}

/** `12 passed, 1 failed, 2 invariants not yet proved`. */
export function summaryOf(report: TestReport): string {
  const { passed, failed } = countCases(report);
  const parts = [`${passed} passed`, `${failed} failed`];
  if (report.notRun > 0) parts.push(`${report.notRun} not run`);
  const { length } = report.invariants;
  if (length > 0) parts.push(`${length} invariant${length === 1 ? '' : 's'} not yet proved`);
  return parts.join(', ');
}

/** What printing a failure needs and evaluation does not have. */
export interface FailurePrinting {
  /** The packet's way as text. */
  readonly trace: (step: StepResult) => string;
  /** The command that reproduces the case up to the step. */
  readonly command: (steps: readonly StepResult[]) => string;
  /** The command that runs the whole case again, for one whose packets cannot be told one by one. */
  readonly rerun: (name: string) => string;
}

/** The report of one case that has run. */
export function reportCase(
  result: CaseResult,
  about: { readonly scenario: string; readonly file: string },
  printing: FailurePrinting,
): CaseReport {
  const { scenario, file } = about;
  const { name, location, passed } = result;
  const failures = passed ? NO_FAILURES : failuresOfCase(result, printing);
  return { scenario, file, name, location, passed, failures };
}

const NO_FAILURES: readonly StepFailure[] = [];

function failuresOfCase(result: CaseResult, printing: FailurePrinting): readonly StepFailure[] {
  const failures: StepFailure[] = [];
  for (const [index, step] of result.steps.entries()) {
    if (!stepFailed(step)) continue;
    const shown = {
      location: step.location,
      packet: step.result === undefined ? undefined : renderPacketLine(step.result.packet),
      trace: step.result === undefined ? '' : printing.trace(step),
      command:
        step.result === undefined
          ? printing.rerun(result.name)
          : printing.command(result.steps.slice(0, index + 1)),
    };
    failures.push(...failuresOf(step).map((failure) => ({ ...shown, ...failure })));
  }
  return failures;
}

function failuresOf(
  step: StepResult,
): readonly Pick<StepFailure, 'kind' | 'message' | 'details'>[] {
  const found: Pick<StepFailure, 'kind' | 'message' | 'details'>[] = [];
  if (step.error !== undefined) found.push({ kind: 'error', message: step.error, details: [] });
  if (step.mismatches.length > 0) {
    const details = step.mismatches.map(
      ({ field, expected, got }) =>
        `${field}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
    );
    found.push({ kind: 'expectation', message: details[0] as string, details });
  }
  if (step.disagreement !== undefined) {
    const { rules, policy } = step.disagreement;
    found.push({
      kind: 'disagreement',
      message: 'the compiled rules and the policy oracle disagree: hepsim bug, please report',
      details: [`compiled rules: ${rules}`, `policy oracle:  ${policy}`],
    });
  }
  return found;
}
