import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EnvironmentError } from './environment-error.ts';

/**
 * Writes files into a directory, which is made where it is missing, readable by its owner alone: rules tell an attacker what to try.
 * Each file is either the old one or the new one, never half of it; none is put in place before all are written.
 *
 * @throws EnvironmentError
 */
export function writeFiles(directory: string, files: ReadonlyMap<string, string>): void {
  const written: { readonly temporary: string; readonly path: string }[] = [];
  try {
    makeDirectory(resolve(directory));
    for (const [name, text] of files) {
      const path = join(directory, name);
      const temporary = join(directory, `.${name}.${process.pid}.tmp`);
      written.push({ temporary, path });
      writeWhole(temporary, text);
    }
    for (const { temporary, path } of written) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of written) rmSync(temporary, { force: true });
    throw new EnvironmentError(`cannot write to ${directory}: ${(error as Error).message}`);
  }
}

/**
 * Makes the directory and what is missing above it; one that was there before keeps its mode. Step by step, because Node's
 * own recursive form never ends where the system refuses a new entry as not found, as it does below /proc.
 */
function makeDirectory(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error('it is not a directory');
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory);
  // The mode given to mkdir is subject to the umask.
  chmodSync(directory, 0o700);
}

function writeWhole(path: string, text: string): void {
  // Left over from a run that was killed; `wx` then makes sure that nobody else's file or link is followed.
  rmSync(path, { force: true });
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text);
    let offset = 0;
    while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
