import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import {
  type DocumentText,
  MAX_FILE_LENGTH,
  MAX_TOTAL_LENGTH,
} from '../resources/read-resources.ts';
import { InputError, UsageError } from '../source/errors.ts';
import type { Problem, ProblemCode } from '../source/problem.ts';
import { decodeText } from './decode-text.ts';
import type { FileCache } from './file-cache.ts';
import { readStandardInput } from './standard-input.ts';

/** What is read of a directory. A file that is named itself may be called anything. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);

/** How many files directories may hold. */
const MAX_FILES = 100_000;

/** How many bytes a file of data may have. */
const MAX_DATA_LENGTH = 256 * 1024 * 1024;

/** What is wrong with one path; the rest is read all the same, so that everything wrong is said at once. */
class FileProblem extends Error {
  readonly code: ProblemCode;
  readonly hint: string | undefined;

  constructor(code: ProblemCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Reads the documents behind `-f` options: files, directories with all below them, and `-` for standard input.
 *
 * A file that is reached in two ways is read once. Order: as given, directories by name. Symbolic links are followed where they are
 * named themselves, and to files; never to directories within a directory, so that no loop can arise. With a cache, files that have not changed
 * since they were read are not read again, and are the same objects.
 *
 * @throws UsageError when standard input is asked for twice.
 * @throws InputError when a path cannot be read, is too large, is no text, or is a directory without any documents.
 */
export function readDocumentTexts(paths: readonly string[], cache?: FileCache): DocumentText[] {
  if (paths.filter((path) => path === '-').length > 1) {
    throw new UsageError('standard input is given twice', 'Use `-f -` once.');
  }
  const problems: Problem[] = [];
  const files = new NamedFiles();
  const guard = (path: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      problems.push(problemOf(path, error));
    }
  };
  for (const path of paths) guard(path, () => addFiles(path, files));
  const texts: DocumentText[] = [];
  let total = 0;
  for (const file of files.names()) {
    guard(file, () => {
      const { size, document } = readFile(file, cache);
      total += size;
      if (total > MAX_TOTAL_LENGTH) {
        throw new FileProblem(
          'yaml-limit',
          `the files together have more than ${mebibytes(MAX_TOTAL_LENGTH)}`,
        );
      }
      texts.push(document());
    });
  }
  cache?.keepOnly(new Set(files.names()));
  if (problems.length > 0) throw new InputError(problems);
  return texts;
}

/** Files by the names that they were first given; each once, however it is written. */
class NamedFiles {
  readonly #names: Map<string, string> = new Map();

  get size(): number {
    return this.#names.size;
  }

  add(path: string): void {
    const key = path === '-' ? path : resolve(path);
    if (!this.#names.has(key)) this.#names.set(key, path);
  }

  names(): Iterable<string> {
    return this.#names.values();
  }
}

/**
 * Reads one file that holds no documents but lines of data, such as connections or packets, which may be many; `-` is standard input.
 *
 * @throws InputError when it cannot be read, is too large, or is no text.
 */
export function readDataText(file: string): DocumentText {
  try {
    const bytes =
      file === '-'
        ? readStandardInput(MAX_DATA_LENGTH)
        : statSync(file).size > MAX_DATA_LENGTH
          ? undefined
          : readFileSync(file);
    if (bytes === undefined || bytes.length > MAX_DATA_LENGTH) throw tooLarge(MAX_DATA_LENGTH);
    return { file, text: decodeText(bytes) };
  } catch (error) {
    throw new InputError([problemOf(file, error)]);
  }
}

function addFiles(path: string, files: NamedFiles): void {
  if (path === '-' || !statSync(path).isDirectory()) {
    files.add(path);
    return;
  }
  const before = files.size;
  const found = addDirectory(path, files);
  if (found === 0 && files.size === before) {
    throw new FileProblem(
      'no-documents',
      'the directory holds no .yaml, .yml or .json file',
      'Name the files, if they are called otherwise.',
    );
  }
}

/** Returns how many files there were, those that were known already included. */
function addDirectory(directory: string, files: NamedFiles): number {
  let found = 0;
  const entries = readdirSync(directory, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found += addDirectory(path, files);
    else if (
      EXTENSIONS.has(extname(entry.name).toLowerCase()) &&
      (entry.isFile() || isFile(path))
    ) {
      files.add(path);
      found++;
      if (files.size > MAX_FILES) {
        throw new FileProblem('yaml-limit', `more than ${MAX_FILES} files`);
      }
    }
  }
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

/** A file's size in bytes, and its text, which is decoded when it is asked for. */
interface FileContent {
  readonly size: number;
  readonly document: () => DocumentText;
}

function readFile(file: string, cache: FileCache | undefined): FileContent {
  if (file === '-') return contentOf(file, readStandardInput(MAX_FILE_LENGTH));
  const before = statSync(file, { bigint: true });
  const known = cache?.find(file, before);
  if (known !== undefined) return { size: Number(before.size), document: () => known };
  if (before.size > MAX_FILE_LENGTH) throw tooLarge();
  const { size, document } = contentOf(file, readFileSync(file));
  return {
    size,
    document: () => {
      const read = document();
      cache?.add(read, before, Date.now());
      return read;
    },
  };
}

function contentOf(file: string, bytes: Buffer): FileContent {
  if (bytes.length > MAX_FILE_LENGTH) throw tooLarge();
  return { size: bytes.length, document: () => ({ file, text: decodeText(bytes) }) };
}

function tooLarge(most = MAX_FILE_LENGTH): FileProblem {
  return new FileProblem('yaml-limit', `the file has more than ${mebibytes(most)}`, 'Split it.');
}

function mebibytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}

const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'reading it is not permitted',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
};

function problemOf(file: string, error: unknown): Problem {
  const at = { severity: 'error', location: { file, line: 1, column: 1 } } as const;
  if (error instanceof FileProblem) {
    return { ...at, code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof InputError && error.problems[0] !== undefined) {
    const [problem] = error.problems;
    return { ...problem, location: { ...problem.location, file } };
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  return {
    ...at,
    code: 'file-unreadable',
    message: SYSTEM_MESSAGES[code] ?? `cannot be read (${code})`,
  };
}
