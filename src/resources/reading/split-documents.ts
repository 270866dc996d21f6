import { MAX_DOCUMENTS } from './parse-documents.ts';

/** A part of a file that means the same by itself as in its file: one document, mostly. */
export interface FilePart {
  readonly text: string;
  /** How many lines of the file stand before it. */
  readonly linesBefore: number;
}

/** Directives, which belong to what follows them, and ends of documents, behind which no separator is needed. */
const BOUND_TOGETHER = /^(?:%|\.\.\.(?:[ \t\r\n]|$))/m;

/** Whether documents of a file may mean something else by themselves. */
export function isBoundTogether(text: string): boolean {
  return BOUND_TOGETHER.test(text);
}

/** Whether a part may end here: at the end, or before a separator. */
export function isPartEnd(text: string, at: number): boolean {
  if (at === text.length) return true;
  return text[at - 1] === '\n' && text.startsWith('---', at) && isBlank(text[at + 3]);
}

/**
 * Cuts a file of YAML documents before every separator: a line that begins with `---` can be nothing else (YAML 1.2.2, 9.1.2). What cannot be
 * cut is one part.
 */
export function splitDocuments(text: string): readonly FilePart[] {
  const whole = [{ text, linesBefore: 0 }];
  if (isBoundTogether(text)) return whole;
  const parts: FilePart[] = [];
  let start = 0;
  let linesBefore = 0;
  for (let at = nextSeparator(text, 0); ; at = nextSeparator(text, at)) {
    const end = at < 0 ? text.length : at;
    if (end > start) parts.push({ text: text.slice(start, end), linesBefore });
    if (at < 0) return parts;
    if (parts.length === MAX_DOCUMENTS) return whole;
    linesBefore += countLines(text, start, end);
    start = end;
  }
}

/** The start of the next line behind `from` that is a separator; -1 when there is none. */
function nextSeparator(text: string, from: number): number {
  for (let at = text.indexOf('\n---', from); at >= 0; at = text.indexOf('\n---', at + 1)) {
    if (isBlank(text[at + 4])) return at + 1;
  }
  return -1;
}

function isBlank(character: string | undefined): boolean {
  return character === undefined || ' \t\r\n'.includes(character);
}

/** How many lines end in a stretch of a text. */
export function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    count++;
  }
  return count;
}
