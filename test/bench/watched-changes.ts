import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a watch needed for a change of its documents, in seconds: the median of several. */
export interface WatchedChange {
  /** From when it looks, after the files have been left alone for a moment, until the rules have been read back. */
  readonly seconds: number;
  /** What the programs took of it that write to the kernel. */
  readonly kernel: number;
  /** Of the process and of all that it has run, until live connections have been judged too. */
  readonly processor: number;
}

/** What Linux counts processor time in. */
const TICKS_A_SECOND = 100;

/** Runs a watch, changes its documents again and again, and tells what its log says of that. */
export async function watchChanges(
  args: readonly string[],
  change: (round: number) => void,
  { warmUp, rounds }: { readonly warmUp: number; readonly rounds: number },
): Promise<WatchedChange> {
  const watch = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: watch.stdout })[Symbol.asyncIterator]();
    const applied = async (): Promise<{
      milliseconds: number;
      kernelMilliseconds: number;
    }> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error('the watch has ended');
        const event = JSON.parse(value);
        if (event.event === 'applied') return event.took;
        if (event.event !== 'in-agreement') throw new Error(value);
        if (!hasBegun) return { milliseconds: 0, kernelMilliseconds: 0 };
      }
    };
    let hasBegun = false;
    await applied();
    hasBegun = true;
    const changes: WatchedChange[] = [];
    for (let round = 0; round < warmUp + rounds; round++) {
      const before = processorTicks(watch);
      change(round);
      const { milliseconds, kernelMilliseconds } = await applied();
      const processor = (processorTicks(watch) - before) / TICKS_A_SECOND;
      changes.push({ seconds: milliseconds / 1000, kernel: kernelMilliseconds / 1000, processor });
    }
    return medians(changes.slice(warmUp));
  } finally {
    const ended = once(watch, 'exit');
    watch.kill('SIGTERM');
    await ended;
  }
}

function medians(changes: readonly WatchedChange[]): WatchedChange {
  const median = (part: keyof WatchedChange): number =>
    changes.map((one) => one[part]).sort((a, b) => a - b)[changes.length >> 1] as number;
  return {
    seconds: median('seconds'),
    kernel: median('kernel'),
    processor: median('processor'),
  };
}

/** Of the process and of its children that have ended. Source: proc_pid_stat(5), fields 14 to 17. */
function processorTicks({ pid }: ChildProcess): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  return fields
    .split(' ')
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);
}
