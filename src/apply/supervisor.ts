import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../source/errors.ts';
import { GAVE_UP, isOverdue, openSession, recordInForce, type SessionOptions } from './session.ts';
import { lockDirectory } from './state/directory-lock.ts';
import { StateDirectory } from './state/state-directory.ts';
import { type Watched, watchOver } from './watch-over.ts';

/** How the program is told to supervise; no command for people. */
export const SUPERVISE = 'supervise';

const KEEP_ALIVE_MS = 1000;

/** A process of its own, in a session of its own, that outlives its starter however that ends. */
export interface Supervisor {
  /** Resolves when it watches. @throws EnvironmentError when it could not be started. */
  readonly ready: () => Promise<void>;
  /** Says that this process has done its part; its end says the same. */
  readonly release: () => void;
}

/**
 * Starts a supervisor: once this process has said so or is gone, it ends what this one has left unfinished in the state directory, and undoes an apply that is not
 * confirmed in time.
 */
export function startSupervisor({ path, lockSeconds }: Omit<SessionOptions, 'create'>): Supervisor {
  const [program] = process.argv.slice(1);
  const args = [SUPERVISE, `--state-dir=${path}`, `--lock-wait=${lockSeconds}`];
  const child = spawn(process.execPath, [...process.execArgv, program as string, ...args], {
    // A session of its own: no terminal can hang it up.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(notStarted(error.message)));
    child.once('exit', (code, signal) => reject(notStarted(`it ended with ${code ?? signal}`)));
  });
  failed.catch(() => undefined);
  child.stdin?.on('error', () => undefined);
  letGo(child);
  return {
    ready: async () => {
      // Nothing else may be left to wait for, and then Node ends.
      const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
      try {
        await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), failed]);
      } finally {
        clearInterval(alive);
      }
    },
    release: () => child.stdin?.end(),
  };
}

/** This process may end while the other goes on. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    if (stream !== null && 'unref' in stream) (stream as { unref: () => void }).unref();
  }
}

function notStarted(reason: string): EnvironmentError {
  return new EnvironmentError(`the watchdog could not be started: ${reason}`);
}

/** What the supervisor does, until nothing is left that it must wait for or it has tried for long enough. */
export async function supervise(options: SessionOptions): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => undefined);
  process.chdir('/');
  process.stdout.on('error', () => undefined);
  process.stdout.write('ready\n');
  process.stdin.resume();
  await once(process.stdin, 'close');
  const directory = new StateDirectory(options.path);
  await watchOver({
    look: () => lookAt(directory),
    end: () => endWhatIsLeft(options),
    pause: (milliseconds) => sleep(milliseconds),
    giveUp: (reason) => leaveWord(directory, options.lockSeconds, reason),
  });
}

function lookAt(directory: StateDirectory): Watched {
  // Without its directory there is nothing to go back to, and nobody can be told.
  if (!directory.exists()) return 'over';
  // The journal is there before the kernel is touched, and goes when all is done.
  if (directory.hasJournal()) return 'unfinished';
  const state = directory.readState();
  if (state.pending === undefined || recordInForce(state) === undefined) return 'over';
  return isOverdue(state) ? 'unfinished' : 'waiting';
}

/** Opening a session ends what is unfinished. */
function endWhatIsLeft(options: SessionOptions): void {
  const { close, unfinished } = openSession(options);
  close();
  if (unfinished !== undefined) throw unfinished;
}

function leaveWord(directory: StateDirectory, lockSeconds: number, reason: string): void {
  try {
    const lock = lockDirectory(directory.path, lockSeconds);
    try {
      directory.writeState({ ...directory.readState(), event: `${GAVE_UP}: ${reason}` });
    } finally {
      lock.release();
    }
  } catch {
    // The journal or the deadline says as much to the next command.
  }
}
