import type { OpenCapture } from '../capture/open-capture.ts';
import { Comparison } from '../replay/comparison.ts';
import { packetFilter } from '../replay/packet-filter.ts';
import { prepareReplay } from '../replay/prepare-replay.ts';
import type { PacketSink } from '../replay/replayed-packet.ts';
import type { ReplaySummary } from '../replay/summary.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { outputForm, wantsColor } from './common-options.ts';
import { loadModel } from './load-model.ts';
import { renderComparison } from './print/comparison-text.ts';
import { renderModelHeader, renderModelNotes } from './print/model-header.ts';
import {
  renderCaptureProblems,
  renderReplay,
  renderReplayCounts,
  renderReplayLine,
} from './print/replay-text.ts';
import { type Paint, painter } from './print/style.ts';
import { assumptionsOf, checkAssumedPlaces } from './read-assumptions.ts';
import { checkCaptureFiles, withCaptures } from './replay-inputs.ts';
import {
  checkInterface,
  failOnWords,
  filterTerms,
  hasFailed,
  type ReplayCommandOptions,
} from './replay-options.ts';
import {
  flowOutput,
  type LineOutput,
  packetOutput,
  REPLAY_FORMS,
  type ReplayForm,
} from './replay-output.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { captureOutput, checkWritten } from './write-capture.ts';

/** What a run is made with. */
interface Setting {
  readonly files: readonly string[];
  readonly form: ReplayForm;
  readonly model: NodeModel;
  readonly against: NodeModel | undefined;
  readonly options: ReplayCommandOptions;
  readonly terminal: Terminal;
  readonly paint: Paint;
}

/** `hepsim replay`: what would have become of the packets of captures. Returns the exit code. @throws InputError, UsageError */
export async function runReplay(
  files: readonly string[],
  options: ReplayCommandOptions,
  terminal: Terminal,
): Promise<number> {
  terminal.suitReplay?.();
  const form = outputForm(options.output, REPLAY_FORMS);
  if (options.merge === true) {
    const { runMerge } = await import('./replay-merge.ts');
    return runMerge(files, form, options, terminal);
  }
  const terms = filterTerms(options);
  const failOn = failOnWords(options);
  checkCaptureFiles(files, options.filename);
  if (options.write !== undefined) checkWritten(options.write, files);
  checkCombination(form, options);
  const { model, against } = loadModels(options, terminal);
  const paint = painter({ color: wantsColor(options, terminal) });
  const setting: Setting = { files, form, model, against, options, terminal, paint };
  const replay = prepareReplay(model);
  const comparison =
    against === undefined ? undefined : new Comparison(replay.outcomes, replay.otherOutcomes);
  const lines = lineOutput(setting, replay.outcomes);
  const summary = await withCaptures(files, terminal, async (captures, progress) => {
    const written = writtenCapture(options, captures, replay.outcomes);
    const sinks = [lines?.sink, written?.sink].filter((sink) => sink !== undefined);
    const made = await replay.run(captures, {
      in: options.in,
      ignoreChecksums: options.ignoreChecksums,
      assumeEstablished: options.assumeEstablished,
      filter: terms.length === 0 ? undefined : packetFilter(terms, replay.outcomes),
      sink: combined(sinks, comparison),
      against,
      progress,
    });
    written?.finish();
    lines?.finish();
    return made;
  });
  if (comparison !== undefined) return printComparison(comparison, summary, setting);
  if (lines === undefined) await printSummary(summary, setting);
  else {
    terminal.writeError(
      options.quiet === true ? renderCaptureProblems(summary) : renderReplayLine(summary),
    );
  }
  return hasFailed(summary, failOn) ? EXIT.doesNotHold : EXIT.holds;
}

function checkCombination(form: ReplayForm, options: ReplayCommandOptions): void {
  const { against, flows, failOn } = options;
  if (against.length === 0) return;
  if (flows === true) throw new UsageError('--against and --flows exclude each other');
  if (failOn !== undefined) {
    throw new UsageError(
      '--against and --fail-on exclude each other',
      'With --against the exit status is 1 where a verdict changes.',
    );
  }
  if (form === 'ndjson' || form === 'csv') {
    throw new UsageError(`--against has no output form ${form}`, 'Use text, json or yaml.');
  }
}

/** The policy to be replayed, and the one that it is compared with, which stands on the same machine unless its documents say otherwise. */
function loadModels(
  options: ReplayCommandOptions,
  terminal: Terminal,
): { readonly model: NodeModel; readonly against: NodeModel | undefined } {
  const assumptions = assumptionsOf(options);
  const rules = { asIs: options.asIs, assumptions, comments: 'mark' } as const;
  const { model } = loadModel(options, terminal, rules);
  checkAssumedPlaces(assumptions, model);
  checkInterface(options.in, model);
  if (options.against.length === 0) return { model, against: undefined };
  const other = { ...options, filename: options.against, node: model.choice.node };
  const { model: against } = loadModel(other, terminal, { ...rules, fallbackHost: model.host });
  return { model, against };
}

/** Where packets or flows are printed one by one; undefined where only a summary is wanted. */
function lineOutput(
  setting: Setting,
  outcomes: ReturnType<typeof prepareReplay>['outcomes'],
): LineOutput | undefined {
  const { form, options, files, terminal, paint } = setting;
  const lineOptions = {
    form,
    outcomes,
    files,
    everything: options.verbose === true,
    quiet: options.quiet === true,
    paint,
  };
  if (options.flows === true) {
    return flowOutput(terminal.writeOut, lineOptions);
  }
  return form === 'ndjson' || form === 'csv'
    ? packetOutput(terminal.writeOut, lineOptions)
    : undefined;
}

function writtenCapture(
  { write }: ReplayCommandOptions,
  captures: readonly OpenCapture[],
  outcomes: ReturnType<typeof prepareReplay>['outcomes'],
): ReturnType<typeof captureOutput> | undefined {
  return write === undefined ? undefined : captureOutput(write, captures, outcomes);
}

/** One sink of several. With a comparison only the packets whose verdict changes are handed on. */
function combined(
  sinks: readonly PacketSink[],
  comparison: Comparison | undefined,
): PacketSink | undefined {
  if (comparison !== undefined) {
    return (packet) => {
      if (packet.other === undefined || !comparison.add(packet, packet.other)) return;
      for (const sink of sinks) sink(packet);
    };
  }
  if (sinks.length === 0) return undefined;
  return (packet) => {
    for (const sink of sinks) sink(packet);
  };
}

async function printSummary(summary: ReplaySummary, setting: Setting): Promise<void> {
  const { form, model, options, terminal, paint } = setting;
  if (form !== 'text') {
    if (options.quiet !== true) terminal.writeError(renderModelNotes(model));
    await printData(form, summary, terminal);
    return;
  }
  if (options.quiet === true) {
    // Counts of a capture that could not be read whole are not its counts.
    terminal.writeError(renderCaptureProblems(summary));
    terminal.writeOut(renderReplayCounts(summary));
    return;
  }
  const verbose = options.verbose === true;
  terminal.writeOut(
    `${renderModelHeader(model, paint)}\n${renderReplay(summary, { paint, verbose })}`,
  );
}

async function printComparison(
  comparison: Comparison,
  { captures, unattributed, ignored }: ReplaySummary,
  { form, terminal, paint }: Setting,
): Promise<number> {
  const summary = comparison.summarize();
  if (form === 'text') terminal.writeOut(renderComparison(summary, paint));
  else await printData(form, { captures, unattributed, ignored, ...summary }, terminal);
  return summary.changedPackets > 0 ? EXIT.doesNotHold : EXIT.holds;
}

async function printData(form: ReplayForm, value: unknown, terminal: Terminal): Promise<void> {
  if (form === 'yaml') {
    const { renderYaml } = await import('./print/yaml-text.ts');
    terminal.writeOut(renderYaml(value));
  } else terminal.writeOut(`${JSON.stringify(value, null, 2)}\n`);
}
