import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../../source/errors.ts';

/** One command at a time works with a state directory. */
export interface DirectoryLock {
  /** Programs that inherit it hold the lock too, should this process be killed while they run. */
  readonly descriptor: number;
  readonly release: () => void;
}

/**
 * Takes the lock of a state directory. It is the kernel's own (flock), so that it goes when its last holder ends, however it ends. Node has no call for
 * it; the program `flock` of util-linux locks the descriptor that it is given, which stays locked here.
 *
 * @throws EnvironmentError when somebody else holds it for longer than `waitSeconds`.
 */
export function lockDirectory(directory: string, waitSeconds: number): DirectoryLock {
  const path = join(directory, 'lock');
  for (;;) {
    const descriptor = openSync(path, 'a', 0o600);
    try {
      lock(descriptor, directory, waitSeconds);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    // `hepsim remove` takes the file away: then there is another one, or none.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.ino === fstatSync(descriptor).ino) {
      return { descriptor, release: () => closeSync(descriptor) };
    }
    closeSync(descriptor);
  }
}

function lock(descriptor: number, directory: string, waitSeconds: number): void {
  const { status, error, stderr } = spawnSync('flock', ['-w', String(waitSeconds), '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  if (status === 0) return;
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new EnvironmentError('flock is not installed (Debian package util-linux)');
  }
  if (status === 1) {
    throw new EnvironmentError(
      `another hepsim command is at work with ${directory}, for longer than ${waitSeconds} s`,
    );
  }
  throw new EnvironmentError(`${directory} cannot be locked: ${error?.message ?? stderr.trim()}`);
}
