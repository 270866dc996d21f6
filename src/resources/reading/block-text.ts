const SPACE = 0x20;
const NEWLINE = 0x0a;

/** A text of lines that are written as they are, behind `|`. */
export interface BlockText {
  readonly value: string;
  /** Where the line begins that is none of it. */
  readonly end: number;
}

/**
 * The text whose lines begin at `start`, which is the beginning of a line, and are indented deeper than `column`. Undefined where it is not plain to see how far they are:
 * where blanks stand on lines of their own, or some line is less indented than the first.
 */
export function blockText(text: string, start: number, column: number): BlockText | undefined {
  const indent = indentOf(text, start);
  if (indent <= column || isEnd(text, start + indent)) return undefined;
  const margin = ' '.repeat(indent);
  let end = start;
  let last = start;
  while (end < text.length) {
    if (text.charCodeAt(end) === NEWLINE) {
      end++;
      continue;
    }
    if (!text.startsWith(margin, end)) {
      const found = indentOf(text, end);
      if (found > column || isEnd(text, end + found)) return undefined;
      break;
    }
    if (isEnd(text, end + indent)) return undefined;
    const lineEnd = text.indexOf('\n', end);
    end = lineEnd < 0 ? text.length : lineEnd + 1;
    last = lineEnd < 0 ? text.length : lineEnd;
  }
  return { value: `${text.slice(start + indent, last).replaceAll(`\n${margin}`, '\n')}\n`, end };
}

function indentOf(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === SPACE) at++;
  return at - start;
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) === NEWLINE;
}
