import { renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeWhole } from '../machine/durable-file.ts';
import { makeDirectory } from '../machine/make-directory.ts';
import { EnvironmentError } from '../source/errors.ts';

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
