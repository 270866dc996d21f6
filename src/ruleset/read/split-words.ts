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
  const plain = places === undefined ? splitPlain(line) : undefined;
  if (plain !== undefined) return plain;
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

/** The words of a line as most are: no tabs, quotes around whole words, nothing in them taken as it is. Undefined for any other. */
function splitPlain(line: string): string[] | undefined {
  if (line.length > LONGEST_WORD || line.includes('\t') || line.includes('\\')) return undefined;
  let open = line.indexOf('"');
  if (open < 0) {
    const words = line.split(' ');
    if (!words.includes('')) return words;
  }
  const words: string[] = [];
  let at = 0;
  while (open >= 0) {
    const close = line.indexOf('"', open + 1);
    if (close < 0 || (open > at && !isBlank(line.charCodeAt(open - 1)))) return undefined;
    pushWords(words, line.slice(at, open));
    words.push(line.slice(open + 1, close));
    at = close + 1;
    open = line.indexOf('"', at);
  }
  pushWords(words, line.slice(at));
  return words;
}

function pushWords(words: string[], text: string): void {
  for (const word of text.split(' ')) if (word !== '') words.push(word);
}

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
