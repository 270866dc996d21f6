import { countCases, type TestReport } from '../scenario-report.ts';

/** The report as one JSON value. */
export function renderJsonReport(report: TestReport): string {
  const { passed, failed } = countCases(report);
  const value = {
    passed,
    failed,
    notRun: report.notRun,
    notProved: report.invariants.length,
    durationSeconds: report.durationSeconds,
    cases: report.cases,
    invariants: report.invariants.map((invariant) => ({ ...invariant, status: 'not yet proved' })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
