import { readFileSync } from 'node:fs';
import { mergeSummaries } from '../replay/merge-summaries.ts';
import { readSummary } from '../replay/read-summary.ts';
import type { ReplaySummary } from '../replay/summary.ts';
import { UsageError } from '../source/errors.ts';
import { wantsColor } from './common-options.ts';
import { renderReplay, renderReplayCounts } from './print/replay-text.ts';
import { painter } from './print/style.ts';
import { failOnWords, hasFailed, type ReplayCommandOptions } from './replay-options.ts';
import type { ReplayForm } from './replay-output.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim replay --merge`: the summaries of separate replays as one. Returns the exit code. @throws UsageError */
export async function runMerge(
  files: readonly string[],
  form: ReplayForm,
  options: ReplayCommandOptions,
  terminal: Terminal,
): Promise<number> {
  if (files.length === 0) {
    throw new UsageError('no summaries', 'Name files that hepsim replay -o json has written.');
  }
  if (form === 'ndjson' || form === 'csv') {
    throw new UsageError(`--merge has no output form ${form}`, 'Use text, json or yaml.');
  }
  refuseOthers(options);
  const failOn = failOnWords(options);
  const summary = mergeSummaries(files.map((file) => read(file, terminal)));
  if (form === 'json') terminal.writeOut(`${JSON.stringify(summary, null, 2)}\n`);
  else if (form === 'yaml') {
    const { renderYaml } = await import('./print/yaml-text.ts');
    terminal.writeOut(renderYaml(summary));
  } else if (options.quiet === true) terminal.writeOut(renderReplayCounts(summary));
  else {
    const paint = painter({ color: wantsColor(options, terminal) });
    terminal.writeOut(renderReplay(summary, { paint, verbose: options.verbose === true }));
  }
  return hasFailed(summary, failOn) ? EXIT.doesNotHold : EXIT.holds;
}

function refuseOthers(options: ReplayCommandOptions): void {
  const { filename, against, filter, only, flows, write } = options;
  const given = [
    ['-f', filename.length > 0],
    ['--against', against.length > 0],
    ['--filter', filter.length > 0],
    ['--only', only !== undefined],
    ['--flows', flows === true],
    ['--write', write !== undefined],
  ] as const;
  const wrong = given.find(([, isGiven]) => isGiven);
  if (wrong === undefined) return;
  throw new UsageError(`--merge and ${wrong[0]} exclude each other: packets have been replayed`);
}

function read(file: string, terminal: Terminal): ReplaySummary {
  let text: string;
  try {
    text = file === '-' ? terminal.readStdin() : readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  const summary = readSummary(text);
  if (summary.kind === 'summary') return summary.summary;
  throw new UsageError(
    `${file === '-' ? 'standard input' : file}: ${summary.message}`,
    'hepsim replay -o json writes what can be merged.',
  );
}
