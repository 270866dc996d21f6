import { isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import type { SessionOptions } from '../../apply/session.ts';
import { UsageError } from '../../source/errors.ts';

/** The options of every command that works with the kernel's rules. */
export interface KernelOptions {
  readonly stateDir: string;
  readonly lockWait: string;
}

/** Where the record is kept unless told otherwise. */
const STATE_DIRECTORY = '/var/lib/hepsim';

/** Adds `--state-dir` and `--lock-wait`. */
export function addKernelOptions(command: Command): Command {
  return command
    .option('--state-dir <directory>', 'where hepsim keeps what it has applied', STATE_DIRECTORY)
    .option(
      '--lock-wait <seconds>',
      'how long to wait for the xtables lock and for another hepsim',
      '30',
    );
}

/** @throws UsageError */
export function sessionOptions(
  { stateDir, lockWait }: KernelOptions,
  create: boolean,
): SessionOptions {
  if (stateDir === '') throw new UsageError('--state-dir: the name is empty');
  if (!/^\d{1,5}$/.test(lockWait)) {
    throw new UsageError(`--lock-wait: \`${lockWait}\` is not a number of seconds`);
  }
  return {
    path: isAbsolute(stateDir) ? stateDir : resolve(stateDir),
    lockSeconds: Number(lockWait),
    create,
  };
}

/** Seconds from `90`, `60s`, `2m`, `1h`. @throws UsageError */
export function parseDuration(option: string, text: string): number {
  const found = /^(\d{1,6})(s|m|h)?$/.exec(text);
  const seconds = Number(found?.[1]) * ({ s: 1, m: 60, h: 3600 }[found?.[2] ?? 's'] as number);
  if (found !== null && seconds > 0) return seconds;
  throw new UsageError(`${option}: \`${text}\` is not a time`, 'Write 90, 60s, 2m or 1h.');
}
