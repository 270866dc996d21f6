import Table from 'cli-table3';
import { caseFailureLines } from '../../scenario/report/failure-text.ts';
import { type CaseReport, summaryOf, type TestReport } from '../../scenario/scenario-report.ts';
import { printable } from './excerpt.ts';
import { PLAIN_TABLE } from './plain-table.ts';
import type { Paint } from './style.ts';

/** How much of a test run is printed. */
export interface TestPrinting {
  readonly paint: Paint;
  readonly quiet: boolean;
  /** Name every case, not only those that failed. */
  readonly verbose: boolean;
}

/** The report for people: what failed in full, a table of the scenarios, and the count. */
export function renderTestTable(report: TestReport, printing: TestPrinting): string {
  const { paint, quiet, verbose } = printing;
  const failed = report.cases.some(({ passed }) => !passed);
  const summary = `${paint(summaryOf(report), 'bold', failed ? 'red' : 'green')}\n`;
  if (quiet) return summary;
  const lines: string[] = [];
  for (const one of report.cases) {
    if (!one.passed) lines.push(...failureBlock(one, paint));
    else if (verbose) lines.push(`${paint('pass', 'green')}  ${one.scenario}: ${one.name}`);
  }
  for (const one of verbose ? report.invariants : []) {
    lines.push(
      `${paint('open', 'yellow')}  ${one.scenario}: ${one.name} (invariant, not yet proved)`,
    );
  }
  if (lines.length > 0) lines.push('');
  return `${lines.map(printable).join('\n')}${lines.length > 0 ? '\n' : ''}${scenarioTable(report, paint)}\n${summary}`;
}

function failureBlock(report: CaseReport, paint: Paint): readonly string[] {
  return [
    `${paint('FAIL', 'bold', 'red')}  ${paint(`${report.scenario}: ${report.name}`, 'bold')}`,
    ...caseFailureLines(report).map((line) => (line === '' ? '' : `      ${line}`)),
    '',
  ];
}

function scenarioTable(report: TestReport, paint: Paint): string {
  const table = new Table({
    head: ['SCENARIO', 'PASSED', 'FAILED', 'NOT PROVED', 'FILE'],
    chars: PLAIN_TABLE,
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const [name, row] of rowsOf(report)) {
    const failed = String(row.failed);
    table.push([
      printable(name),
      String(row.passed),
      row.failed > 0 ? paint(failed, 'red') : failed,
      String(row.notProved),
      printable(row.file),
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

interface ScenarioRow {
  readonly file: string;
  passed: number;
  failed: number;
  notProved: number;
}

function rowsOf(report: TestReport): ReadonlyMap<string, ScenarioRow> {
  const rows = new Map<string, ScenarioRow>();
  const rowOf = (about: { readonly scenario: string; readonly file: string }): ScenarioRow => {
    const row = rows.get(about.scenario) ?? {
      file: about.file,
      passed: 0,
      failed: 0,
      notProved: 0,
    };
    rows.set(about.scenario, row);
    return row;
  };
  for (const one of report.cases) rowOf(one)[one.passed ? 'passed' : 'failed'] += 1;
  for (const one of report.invariants) rowOf(one).notProved += 1;
  return rows;
}
