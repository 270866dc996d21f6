import { isMap } from 'yaml';
import { Fields } from '../../src/resources/reading/fields.ts';
import { parseDocuments } from '../../src/resources/reading/parse-documents.ts';
import type { Problem } from '../../src/source/problem.ts';

/** Reads the one document of a text with a reader of one kind, and collects what it reports. */
export function readDocument<T>(
  kind: string,
  text: string,
  read: (document: Fields) => T,
): { readonly value: T | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  let value: T | undefined;
  for (const parsed of parseDocuments({ file: 'x.yaml', text }, { lenient: false, report })) {
    if (!isMap(parsed.contents)) throw new Error('the document is no mapping');
    value = read(new Fields(parsed.context, parsed.contents, kind));
  }
  return { value, problems };
}

/** `line:column code: message`, for tables of what must be refused. */
export function brief({ location, severity, code, message }: Problem): string {
  const warning = severity === 'warning' ? 'warning ' : '';
  return `${location.line}:${location.column} ${warning}${code}: ${message}`;
}
