import { renderLocation, type SourceLocation } from './location.ts';

/**
 * Stable identifiers of everything that can be wrong with an input, for people who search and programs that filter.
 * Closed list: add here, never rename.
 */
export type ProblemCode =
  | 'yaml-syntax'
  | 'yaml-limit'
  | 'file-unreadable'
  | 'no-documents'
  | 'unknown-kind'
  | 'unknown-field'
  | 'missing-field'
  | 'wrong-type'
  | 'invalid-value'
  | 'invalid-name'
  | 'invalid-label'
  | 'invalid-selector'
  | 'invalid-combination'
  | 'duplicate-name'
  | 'duplicate-key'
  | 'unknown-reference'
  | 'newer-field'
  | 'mixed-apis'
  | 'ignored-kind'
  | 'not-modelled'
  | 'invalid-packet'
  | 'invalid-rule'
  | 'invalid-set'
  | 'invalid-expectation'
  | 'unknown-node';

/**
 * One thing wrong with an input.
 *
 * `message` is lower case, one line, without a full stop, user input in `backticks`. `hint` is a sentence of its own
 * that says what would be right. `excerpt` is the offending line without its line break.
 */
export interface Problem {
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly location: SourceLocation;
  readonly related?: readonly SourceLocation[] | undefined;
  readonly hint?: string | undefined;
  readonly excerpt?: string | undefined;
}

/** Receives problems as they are found; a reader goes on after reporting. */
export type Report = (problem: Problem) => void;

/** The longest excerpt that is printed, in characters; a longer line is cut around the column. */
const EXCERPT_WIDTH = 100;

/** `FILE:LINE:COLUMN: error: message [code]`, then the line, a caret under the column, and the hint. */
export function renderProblem(problem: Problem): string {
  const lines = [
    `${renderLocation(problem.location)}: ${problem.severity}: ${problem.message} [${problem.code}]`,
  ];
  if (problem.excerpt !== undefined && /\S/.test(problem.excerpt)) {
    const { text, caret } = cutExcerpt(problem.excerpt, problem.location.column);
    lines.push(`    ${text}`, `    ${' '.repeat(caret)}^`);
  }
  for (const place of problem.related ?? []) lines.push(`    see also ${renderLocation(place)}`);
  if (problem.hint !== undefined) lines.push(`    hint: ${problem.hint}`);
  return lines.join('\n');
}

function cutExcerpt(excerpt: string, column: number): { text: string; caret: number } {
  const start = column > EXCERPT_WIDTH - 20 ? column - 40 : 0;
  // Cut before anything else: the line may be megabytes of JSON.
  // Control characters would move the terminal's cursor, so that the caret would point elsewhere.
  const cut = excerpt
    .slice(start, start + EXCERPT_WIDTH)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  const text = `${start > 0 ? '...' : ''}${cut}${start + EXCERPT_WIDTH < excerpt.length ? '...' : ''}`;
  return { text, caret: column - 1 - start + (start > 0 ? 3 : 0) };
}
