import { mergeSummaries } from '../replay/merge-summaries.ts';
import { readSummary } from '../replay/read-summary.ts';
import type { ReplaySummary } from '../replay/summary.ts';
import { UsageError } from '../source/errors.ts';
import { wantsColor } from './common-options.ts';
import { renderReplay, renderReplayCounts } from './print/replay-text.ts';
import { painter } from './print/style.ts';
import { readTexts } from './read-documents.ts';
import { failOnWords, hasFailed, type ReplayCommandOptions } from './replay-options.ts';
import type { ReplayForm } from './replay-output.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim replay --merge`: the summaries of separate replays as one. Returns the exit code. @throws InputError, UsageError */
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
  const summary = mergeSummaries(files.flatMap((file) => read(file, terminal)));
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

/** Options that say how packets are replayed have no meaning for summaries. */
function refuseOthers(options: ReplayCommandOptions): void {
  const given = [
    ['-f', options.filename.length > 0],
    ['-n', options.node !== undefined],
    ['--calico-version', options.calicoVersion !== undefined],
    ['--as-is', options.asIs === true],
    ['--in', options.in !== undefined],
    ['--assume', options.assume.length > 0],
    ['--assume-established', options.assumeEstablished === true],
    ['--ignore-checksums', options.ignoreChecksums === true],
    ['--against', options.against.length > 0],
    ['--filter', options.filter.length > 0],
    ['--only', options.only !== undefined],
    ['--flows', options.flows === true],
    ['--write', options.write !== undefined],
  ] as const;
  const wrong = given.find(([, isGiven]) => isGiven);
  if (wrong === undefined) return;
  throw new UsageError(`--merge and ${wrong[0]} exclude each other: packets have been replayed`);
}

/** The summaries of a file, or of those of a directory. */
function read(file: string, terminal: Terminal): readonly ReplaySummary[] {
  return readTexts([file], terminal).map(({ file: name, text }) => {
    const read = readSummary(text);
    if (read.kind === 'summary') return read.summary;
    throw new UsageError(
      `${name === '-' ? 'standard input' : name}: ${read.message}`,
      'hepsim replay -o json writes what can be merged.',
    );
  });
}
