import { renderLocation } from '../../source/location.ts';
import type { CaseReport, StepFailure } from '../scenario-report.ts';

/** What one failed step has to say, as lines: place, what differs, the packet's way, the command that shows it again. */
export function failureLines(failure: StepFailure): readonly string[] {
  const lines = [`${renderLocation(failure.location)}: ${failure.message}`];
  const details = failure.details.filter((detail) => detail !== failure.message);
  lines.push(...details.map((detail) => `  ${detail}`));
  if (failure.trace !== '') {
    lines.push(
      '',
      ...failure.trace
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
      '',
    );
  }
  if (failure.command !== undefined) lines.push(`  again: ${failure.command}`);
  return lines;
}

/** All failures of a case. */
export function caseFailureLines(report: CaseReport): readonly string[] {
  return report.failures.flatMap((failure, index) => [
    ...(index > 0 ? [''] : []),
    ...failureLines(failure),
  ]);
}
