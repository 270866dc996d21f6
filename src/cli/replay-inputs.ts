import { CaptureError } from '../capture/capture-error.ts';
import { type OpenCapture, openCapture } from '../capture/open-capture.ts';
import { UsageError } from '../source/errors.ts';
import { Progress } from './print/progress.ts';
import type { Terminal } from './terminal.ts';

/** Tells how far a run has come: packets so far. */
export type Report = (packets: number) => void;

/** @throws UsageError when the captures cannot be read together. */
export function checkCaptureFiles(files: readonly string[], documents: readonly string[]): void {
  if (files.length === 0) {
    throw new UsageError('no captures', 'Name pcap or pcapng files, or - for standard input.');
  }
  if (files.filter((file) => file === '-').length > 1) {
    throw new UsageError('standard input can be read once: - is named more than once');
  }
  if (files.includes('-') && documents.includes('-')) {
    throw new UsageError('-f - and the capture - cannot both read standard input');
  }
}

/** Opens captures, runs something over them with progress on the terminal, and closes them. @throws UsageError */
export async function withCaptures<T>(
  files: readonly string[],
  terminal: Terminal,
  run: (captures: readonly OpenCapture[], report: Report) => Promise<T>,
): Promise<T> {
  const captures: OpenCapture[] = [];
  const progress = new Progress(terminal);
  try {
    for (const file of files) captures.push(await openCapture(file, terminal.stdinBytes));
    return await run(captures, (packets) => {
      progress.update(packets, expectedPackets(captures, packets), 'packets');
    });
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const name = error.file === '-' ? 'standard input' : error.file;
    throw new UsageError(`${name}: ${error.message}`, error.hint);
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
