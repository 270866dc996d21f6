import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the directory, for its owner alone, and what is missing above it; one that was there before keeps its mode. Step by step, because Node's
 * own recursive form never ends where the system refuses a new entry as not found, as it does below /proc.
 */
export function makeDirectory(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error('it is not a directory');
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory);
  // The mode given to mkdir is subject to the umask.
  chmodSync(directory, 0o700);
}
