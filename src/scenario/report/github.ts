import type { TestReport } from '../scenario-report.ts';
import { summaryOf } from '../scenario-report.ts';
import { failureLines } from './failure-text.ts';

/**
 * The report as workflow commands, which GitHub shows at the lines of the scenario files.
 * Source: GitHub Actions documentation, workflow commands, and actions/toolkit `command.ts` for the escaping.
 */
export function renderGithubReport(report: TestReport): string {
  const lines: string[] = [];
  for (const one of report.cases) {
    for (const failure of one.failures) {
      const { file, line, column } = failure.location;
      const properties = [
        `file=${property(file)}`,
        `line=${line}`,
        `col=${column}`,
        `title=${property(`${one.scenario}: ${one.name}`)}`,
      ];
      lines.push(`::error ${properties.join(',')}::${data(failureLines(failure).join('\n'))}`);
    }
  }
  for (const { file, scenario, name } of report.invariants) {
    const title = property(`${scenario}: ${name}`);
    lines.push(`::notice file=${property(file)},title=${title}::invariant not yet proved`);
  }
  // A line that starts with `::` would be taken for a command; the summary cannot.
  lines.push(summaryOf(report));
  return `${lines.join('\n')}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
