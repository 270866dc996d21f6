import { CaptureError } from '../capture/capture-error.ts';
import { type OpenCapture, openCapture } from '../capture/open-capture.ts';
import { LOCAL } from '../packet/packet.ts';
import { replayCaptures } from '../replay/prepare-replay.ts';
import type { ReplaySummary } from '../replay/summary.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { AssumeOptions } from './assume-option.ts';
import {
  type DocumentOptions,
  outputForm,
  type PrintOptions,
  wantsColor,
} from './common-options.ts';
import { loadModel } from './load-model.ts';
import { renderModelHeader, renderModelNotes } from './print/model-header.ts';
import { Progress } from './print/progress.ts';
import { renderReplay, renderReplayCounts } from './print/replay-text.ts';
import { painter } from './print/style.ts';
import { assumptionsOf, checkAssumedPlaces } from './read-assumptions.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface ReplayCommandOptions extends DocumentOptions, PrintOptions, AssumeOptions {
  readonly asIs?: boolean;
  readonly in?: string;
  readonly ignoreChecksums?: boolean;
  readonly output: string;
}

const FORMS = ['text', 'json'] as const;

/** `hepsim replay`: what would have become of the packets of captures. Returns the exit code. @throws InputError, UsageError */
export async function runReplay(
  files: readonly string[],
  options: ReplayCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const form = outputForm(options.output, FORMS);
  checkFiles(files, options);
  const assumptions = assumptionsOf(options);
  const { model } = loadModel(options, terminal, { asIs: options.asIs, assumptions });
  checkAssumedPlaces(assumptions, model);
  checkInterface(options.in, model);
  const summary = await replayFiles(files, model, options, terminal);
  if (form === 'json') {
    if (options.quiet !== true) terminal.writeError(renderModelNotes(model));
    terminal.writeOut(`${JSON.stringify(summary, null, 2)}\n`);
  } else printText(summary, model, options, terminal);
  return EXIT.holds;
}

function checkFiles(files: readonly string[], { filename }: ReplayCommandOptions): void {
  if (files.length === 0) {
    throw new UsageError('no captures', 'Name pcap or pcapng files, or - for standard input.');
  }
  if (files.filter((file) => file === '-').length > 1) {
    throw new UsageError('standard input can be read once: - is named more than once');
  }
  if (files.includes('-') && filename.includes('-')) {
    throw new UsageError('-f - and the capture - cannot both read standard input');
  }
}

function checkInterface(name: string | undefined, { host }: NodeModel): void {
  if (name === undefined || name === LOCAL) return;
  const names = host.interfaces.map((one) => one.name);
  if (names.includes(name)) return;
  const near = nearestName(name, [...names, LOCAL]);
  throw new UsageError(
    `--in: the host has no interface \`${name}\``,
    near === undefined ? `It has ${names.slice(0, 8).join(', ')}.` : `Did you mean \`${near}\`?`,
  );
}

async function replayFiles(
  files: readonly string[],
  model: NodeModel,
  options: ReplayCommandOptions,
  terminal: Terminal,
): Promise<ReplaySummary> {
  const captures: OpenCapture[] = [];
  const progress = new Progress(terminal);
  try {
    for (const file of files) captures.push(await openCapture(file, terminal.stdinBytes));
    return await replayCaptures(model, captures, {
      in: options.in,
      ignoreChecksums: options.ignoreChecksums,
      progress: (packets) => {
        progress.update(packets, expectedPackets(captures, packets), 'packets');
      },
    });
  } catch (error) {
    if (error instanceof CaptureError) {
      const name = error.file === '-' ? 'standard input' : error.file;
      throw new UsageError(`${name}: ${error.message}`, error.hint);
    }
    throw error;
  } finally {
    progress.end();
    for (const { close } of captures) close();
  }
}

/** How many packets there will be in all, by the share of the captures that has been read; undefined where nobody knows. */
function expectedPackets(captures: readonly OpenCapture[], packets: number): number | undefined {
  let read = 0;
  for (const { share } of captures) {
    const one = share();
    if (one === undefined) return undefined;
    read += one / captures.length;
  }
  return read === 0 ? undefined : Math.max(Math.round(packets / read), packets);
}

function printText(
  summary: ReplaySummary,
  model: NodeModel,
  options: ReplayCommandOptions,
  terminal: Terminal,
): void {
  if (options.quiet === true) {
    terminal.writeOut(renderReplayCounts(summary));
    return;
  }
  const paint = painter({ color: wantsColor(options, terminal) });
  const verbose = options.verbose === true;
  terminal.writeOut(
    `${renderModelHeader(model, paint)}\n${renderReplay(summary, { paint, verbose })}`,
  );
}
