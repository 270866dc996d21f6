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
  const end = line.length;
  let at = 0;
  while (at < end) {
    const start = skipBlanks(line, at);
    if (start === end) break;
    at = start;
    let word = '';
    let quoted = false;
    while (at < end && !isBlank(line.charCodeAt(at))) {
      if (line.charCodeAt(at) === QUOTE) {
        quoted = true;
        let text = '';
        [text, at] = readQuoted(line, at + 1);
        word += text;
        break;
      }
      const from = at;
      while (at < end && !isBlank(line.charCodeAt(at)) && line.charCodeAt(at) !== QUOTE) at++;
      word += line.slice(from, at);
    }
    if (word.length > LONGEST_WORD) return undefined;
    // A quote that is opened at the end of the line, and closed nowhere, leaves nothing.
    if (word === '' && !(quoted && line.charCodeAt(at - 1) === QUOTE && at - start > 1)) break;
    words.push(word);
    places?.push({ start, end: at });
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
