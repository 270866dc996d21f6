import type { DocumentText } from '../../resources/read-resources.ts';
import type { Paint } from './style.ts';

/** The most lines of a document that are shown for one rule. */
const MAX_LINES = 8;

/** A rule or a chain of `iptables-save`, which is one line whatever stands around it. */
const RULE_LINE = /^\s*(?:-[AI] \S|:\S+ (?:ACCEPT|DROP|-)(?: |$))/;

/**
 * The lines of a document that a rule, or a whole document, is written in: from `line` on, as long as they are indented as deep as
 * its first field. Empty when the document's text is not at hand.
 */
export function renderExcerpt(
  texts: readonly DocumentText[],
  place: { readonly file: string; readonly line: number },
  paint: Paint,
): readonly string[] {
  const text = texts.find(({ file }) => file === place.file)?.text;
  if (text === undefined) return [];
  const lines = text.split('\n', place.line + MAX_LINES).slice(place.line - 1);
  const first = lines[0];
  if (first === undefined) return [];
  const indent = indentOf(first);
  // `- ` before the first field of a list's element is part of its indent.
  const deep = /^\s*-\s+/.exec(first)?.[0].length ?? indent;
  const block = [first];
  const following = RULE_LINE.test(first) ? [] : lines.slice(1, MAX_LINES);
  for (const line of following) {
    if (line.trim() === '' || line.startsWith('---') || indentOf(line) < deep) break;
    block.push(line);
  }
  const width = String(place.line + block.length - 1).length;
  return block.map((line, i) => {
    const number = String(place.line + i).padStart(width);
    const content = shortened(printable(line.slice(indent)));
    return `${paint(`${number} |`, 'dim')} ${i === 0 ? paint(content, 'bold') : content}`;
  });
}

/** JSON may have a whole document on one line. */
const MAX_WIDTH = 400;

function shortened(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH)}…` : text;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Documents are other people's text: control characters could rewrite the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/\r$/, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}
