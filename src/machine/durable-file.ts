import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a new file that only its owner may read, down to the disk. A file that is in the way is removed first, so that nobody else's file or
 * link is followed.
 *
 * @throws Error of the system.
 */
export function writeWhole(path: string, text: string): void {
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

/**
 * Puts a file in the place of another: whoever looks, and whatever happens to the machine, finds the one or the other, whole.
 *
 * @throws Error of the system, with the old file in place.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.new`;
  try {
    writeWhole(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes entries of a directory last. @throws Error of the system. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
