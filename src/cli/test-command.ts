import { renderGithubReport } from '../scenario/report/github.ts';
import { renderJsonReport } from '../scenario/report/json.ts';
import { renderJunitReport } from '../scenario/report/junit.ts';
import { renderTapReport } from '../scenario/report/tap.ts';
import type { TestReport } from '../scenario/scenario-report.ts';
import { UsageError } from '../source/errors.ts';
import type { AssumeOptions } from './assume-option.ts';
import { outputForm, type PrintOptions, wantedVersion, wantsColor } from './common-options.ts';
import { painter } from './print/style.ts';
import { runScenarios } from './run-scenarios.ts';
import { findScenarios, ScenarioReader } from './scenario-files.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface TestOptions extends PrintOptions, AssumeOptions {
  readonly output: string;
  readonly filter?: string;
  readonly failFast?: boolean;
  readonly calicoVersion?: string;
  readonly lenient?: boolean;
}

const FORMS = ['table', 'json', 'junit', 'tap', 'github'] as const;

/** `hepsim test`: runs scenario files. Returns the exit code. @throws InputError, UsageError */
export async function runTest(
  paths: readonly string[],
  options: TestOptions,
  terminal: Terminal,
): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const isWanted = parseFilter(options.filter);
  const version = wantedVersion(options.calicoVersion, terminal);
  const found = findScenarios(paths, { lenient: options.lenient });
  const reader = new ScenarioReader({ version, lenient: options.lenient });
  const report = await runScenarios(
    found,
    reader,
    {
      isWanted,
      failFast: options.failFast === true,
      version: options.calicoVersion,
      nowMs: () => performance.now(),
      assume: options.assume,
    },
    terminal,
  );
  if (report.cases.length === 0 && report.invariants.length === 0) {
    throw new UsageError(
      options.filter === undefined
        ? `no case in the scenarios of ${paths.join(', ')}`
        : `no case matches --filter ${options.filter}`,
    );
  }
  terminal.writeOut(await render(form, report, options, terminal));
  // Statements that nobody proved are no reason to say that everything holds.
  const holds = report.cases.length > 0 && report.cases.every(({ passed }) => passed);
  return holds ? EXIT.holds : EXIT.doesNotHold;
}

async function render(
  form: (typeof FORMS)[number],
  report: TestReport,
  options: TestOptions,
  terminal: Terminal,
): Promise<string> {
  switch (form) {
    case 'json':
      return renderJsonReport(report);
    case 'junit':
      return renderJunitReport(report);
    case 'tap':
      return renderTapReport(report);
    case 'github':
      return renderGithubReport(report);
    default: {
      const { renderTestTable } = await import('./print/test-table.ts');
      return renderTestTable(report, {
        paint: painter({ color: wantsColor(options, terminal) }),
        quiet: options.quiet === true,
        verbose: options.verbose === true,
      });
    }
  }
}

/** A part of `scenario: case`, or `/a regular expression/` with flags. @throws UsageError */
function parseFilter(filter: string | undefined): (scenario: string, name: string) => boolean {
  if (filter === undefined) return () => true;
  const written = /^\/(.*)\/([a-z]*)$/s.exec(filter);
  if (written === null) return (scenario, name) => `${scenario}: ${name}`.includes(filter);
  try {
    // Without the flags that make a match depend on the one before.
    const flags = (written[2] as string).replace(/[gy]/g, '');
    const pattern = new RegExp(written[1] as string, flags);
    return (scenario, name) => pattern.test(`${scenario}: ${name}`);
  } catch (error) {
    throw new UsageError(`--filter: ${(error as Error).message}`);
  }
}
