import type { CaseReport, TestReport } from '../scenario-report.ts';
import { summaryOf } from '../scenario-report.ts';
import { caseFailureLines } from './failure-text.ts';

/** The report in the Test Anything Protocol, version 14; an invariant is a TODO, which TAP counts neither way. */
export function renderTapReport(report: TestReport): string {
  const lines = ['TAP version 14', `1..${report.cases.length + report.invariants.length}`];
  let number = 0;
  for (const one of report.cases) {
    number += 1;
    const description = `${one.scenario}: ${one.name}`;
    lines.push(`${one.passed ? 'ok' : 'not ok'} ${number} - ${escapeText(description)}`);
    if (!one.passed) lines.push(...diagnostics(one));
  }
  for (const one of report.invariants) {
    number += 1;
    const description = escapeText(`${one.scenario}: ${one.name}`);
    lines.push(`not ok ${number} - ${description} # TODO not yet proved`);
  }
  lines.push(`# ${summaryOf(report)}`);
  return `${lines.join('\n')}\n`;
}

/** A YAML block: JSON strings are YAML too, so that no text can break out of it. */
function diagnostics(report: CaseReport): readonly string[] {
  const { file, line, column } = report.location;
  const [first] = report.failures;
  return [
    '  ---',
    `  message: ${JSON.stringify(first?.message ?? '')}`,
    '  severity: fail',
    `  kind: ${first?.kind ?? 'expectation'}`,
    `  at: ${JSON.stringify(`${file}:${line}:${column}`)}`,
    '  details:',
    ...caseFailureLines(report).map((text) => `    - ${JSON.stringify(text)}`),
    '  ...',
  ];
}

/** `#` would begin a directive, a line break a new line. Source: TAP 14, escaping. */
function escapeText(description: string): string {
  return description.replaceAll('\\', '\\\\').replaceAll('#', '\\#').replace(/\s+/g, ' ');
}
