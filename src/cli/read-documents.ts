import { readDocumentTexts } from '../files/read-files.ts';
import type { DocumentText } from '../resources/read-resources.ts';
import type { Terminal } from './terminal.ts';

/**
 * The texts of the files that `-f` options and other paths name, `-` from the terminal's standard input.
 *
 * @throws InputError, UsageError
 */
export function readTexts(paths: readonly string[], terminal: Terminal): readonly DocumentText[] {
  const input = paths.indexOf('-');
  // Asked for twice, it is refused by what reads files.
  if (input < 0 || paths.lastIndexOf('-') !== input) return readDocumentTexts(paths);
  const files = readDocumentTexts(paths.toSpliced(input, 1));
  return [{ file: '-', text: terminal.readStdin() }, ...files];
}
