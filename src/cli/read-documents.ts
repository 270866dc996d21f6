import type { FileCache } from '../files/file-cache.ts';
import { readDataText, readDocumentTexts } from '../files/read-files.ts';
import type { DocumentText } from '../resources/read-resources.ts';
import type { Terminal } from './terminal.ts';

/**
 * The texts of the files that `-f` options and other paths name, `-` from the terminal's standard input. With a cache, only files that have changed
 * are read.
 *
 * @throws InputError, UsageError
 */
export function readTexts(
  paths: readonly string[],
  terminal: Terminal,
  cache?: FileCache,
): readonly DocumentText[] {
  const input = paths.indexOf('-');
  // Asked for twice, it is refused by what reads files.
  if (input < 0 || paths.lastIndexOf('-') !== input) return readDocumentTexts(paths, cache);
  const files = readDocumentTexts(paths.toSpliced(input, 1), cache);
  return [{ file: '-', text: terminal.readStdin() }, ...files];
}

/** The text of one file of data, or of the terminal's standard input. @throws InputError */
export function readData(path: string, terminal: Terminal): DocumentText {
  return path === '-' ? { file: '-', text: terminal.readStdin() } : readDataText(path);
}
