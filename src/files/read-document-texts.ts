import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DocumentText } from '../resources/read-resources.ts';
import { InputError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';

/** No document that people write comes near this; a bigger file is a mistake, and reading it would only take long to say so. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const DOCUMENT_FILE = /\.(?:ya?ml|json)$/i;

/**
 * Reads the files that `paths` name: a file, a directory (all its `.yaml`, `.yml` and `.json` files, recursively, in order of
 * name), or `-` for standard input, whose whole text `readStdin` returns. A file that is reached twice is read once.
 *
 * @throws InputError with every path that cannot be read.
 */
export function readDocumentTexts(
  paths: readonly string[],
  readStdin: () => string,
): readonly DocumentText[] {
  const problems: Problem[] = [];
  const texts = new Map<string, DocumentText>();
  for (const path of paths) {
    const files = path === '-' ? ['-'] : findDocumentFiles(path, problems);
    for (const file of files) {
      if (texts.has(file)) continue;
      const text = file === '-' ? readStdin() : readText(file, problems);
      if (text !== undefined) texts.set(file, { file, text });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return [...texts.values()];
}

/** The files that a path stands for: itself, or the documents below a directory, sorted. Reports what cannot be read. */
export function findDocumentFiles(path: string, problems: Problem[]): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    problems.push(unreadable(path, error));
    return [];
  }
  const found: string[] = [];
  collect(path, found, problems);
  return found;
}

function collect(directory: string, found: string[], problems: Problem[]): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    problems.push(unreadable(directory, error));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) collect(path, found, problems);
    else if (DOCUMENT_FILE.test(entry.name)) found.push(path);
  }
}

/** The text of one file as UTF-8; undefined, and a problem, when it cannot be read. */
export function readText(path: string, problems: Problem[]): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      problems.push(problemOf(path, `the file has ${size} bytes, more than ${MAX_FILE_BYTES}`));
      return undefined;
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(unreadable(path, error));
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'the name is too long',
};

function unreadable(path: string, error: unknown): Problem {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return problemOf(path, REASONS[code] ?? `cannot be read (${code || String(error)})`);
}

function problemOf(path: string, message: string): Problem {
  return {
    code: 'file-unreadable',
    severity: 'error',
    message,
    location: { file: path, line: 1, column: 1 },
  };
}
