/** The longest word in bytes that the restore tools take. Source: add_param, xshared.c, iptables 1.8.9. */
const LONGEST_WORD = 1023;

/** A word of a line and where it stands: `start` and `end` are offsets of the text as written, quotes included. */
export interface WordPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a line as iptables-restore sees them: blanks part them, double quotes hold them together, a closing quote ends a word, and inside quotes a
 * backslash takes the next character as it is.
 *
 * `places`, where given, receives the place of each. Undefined when a word is too long. Source: add_param_to_argv, xshared.c, iptables 1.8.9.
 */
export function splitWords(line: string, places?: WordPlace[]): string[] | undefined {
  // Most lines have nothing but single blanks between their words.
  if (places === undefined && line.length <= LONGEST_WORD && !UNUSUAL.test(line)) {
    return line === '' ? [] : line.split(' ');
  }
  const words: string[] = [];
  for (let start = skipBlanks(line, 0); start < line.length; ) {
    const { word, end } = readWord(line, start);
    if (word === undefined) break;
    if (word.length > LONGEST_WORD) return undefined;
    words.push(word);
    places?.push({ start, end });
    start = skipBlanks(line, end);
  }
  return words;
}

const UNUSUAL = /["\t]| {2}|^ | $/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line.charCodeAt(at))) at++;
  return at;
}

/** The word that begins at a place, and where the text goes on. Undefined for a quote that is opened and followed by nothing. */
function readWord(line: string, start: number): { word: string | undefined; end: number } {
  let at = start;
  while (at < line.length && !isBlank(line.charCodeAt(at)) && line.charCodeAt(at) !== QUOTE) at++;
  const before = line.slice(start, at);
  if (at === line.length || line.charCodeAt(at) !== QUOTE) return { word: before, end: at };
  const [quoted, end] = readQuoted(line, at + 1);
  const isClosed = end > at + 1 && line.charCodeAt(end - 1) === QUOTE;
  const word = before + quoted;
  return { word: word === '' && !isClosed ? undefined : word, end };
}

/** What stands between quotes, and where the text goes on behind the closing one. */
function readQuoted(line: string, from: number): [string, number] {
  let text = '';
  let at = from;
  let copied = from;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) return [text + line.slice(copied, at), at + 1];
    if (code === BACKSLASH) {
      text += line.slice(copied, at);
      copied = at + 1;
      at++;
    }
    at++;
  }
  return [text + line.slice(copied), line.length];
}
