import type { Node, Pair, Scalar } from 'yaml';
import { blockText } from './block-text.ts';
import { FieldNames } from './field-names.ts';
import { mapNode, pairNode, scalarNode, seqNode } from './plain-nodes.ts';
import { NOT_PLAIN, plainValue } from './plain-scalar.ts';
import { closingQuote, unescaped } from './quoted-text.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;
const HASH = 0x23;
const COLON = 0x3a;
const DASH = 0x2d;
const COMMA = 0x2c;
const BAR = 0x7c;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

const QUOTES: ReadonlySet<number> = new Set([QUOTE, APOSTROPHE]);

/** What plain text may not begin with, or only followed by what is no space. */
const INDICATORS = new Set([...'-?:,[]{}#&*!|>\'"%@`'].map((one) => one.charCodeAt(0)));

/** Beyond these documents are left to the full parser, which knows the limits. */
const MOST_DEPTH = 50;
const MOST_NODES = 300_000;
const MOST_DOCUMENTS = 100_000;

/** Thrown inside where the text is not of the plain kind. */
const NOT_OF_THE_KIND: unique symbol = Symbol('not of the kind');

/**
 * Parses a file of documents that are written as most are: block mappings and lists, one-line lists and mappings in brackets, one-line scalars, blocks of
 * text behind `|`, comments on lines of their own. The nodes are those that the `yaml` package makes, as far as readers look at them.
 *
 * Undefined for everything else, errors included: the package then parses the file, several times as slowly.
 */
export function parsePlainYaml(text: string): readonly Node[] | undefined {
  const documents: Node[] = [];
  const found = plainDocuments(text);
  for (;;) {
    const { value, done } = found.next();
    if (done !== true) documents.push(value);
    else return value ? documents : undefined;
  }
}

/**
 * The same one document at a time, so that a document is garbage once it has been read. Returns whether the text ended; where it did not, what follows the
 * documents so far is left to the package, for which they are the same.
 */
export function* plainDocuments(text: string): Generator<Node, boolean, undefined> {
  const parser = new PlainParser(text);
  try {
    for (;;) {
      const document = parser.next();
      if (document === undefined) return true;
      yield document;
    }
  } catch (error) {
    if (error !== NOT_OF_THE_KIND) throw error;
    return false;
  }
}

class PlainParser {
  readonly #text: string;
  /** Where the present line, or what is left of it, begins. */
  #at = 0;
  /** Columns that stand before `#at` on its line. */
  #column = 0;
  #nodes = 0;
  #depth = 0;
  #documents = 0;
  readonly #names = new FieldNames();
  /** Whether a separator stands before what comes next. */
  #isOpened = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next document, once it is sure that it ends where it seems to; undefined at the end. */
  next(): Node | undefined {
    if (this.#documents === 0) {
      if (/[\t\r\uFEFF\u0085\u2028\u2029]/.test(this.#text)) return refuse();
      if (!this.#nextLine()) return undefined;
      if (this.#isMarker()) this.#passMarker();
    } else if (!this.#isOpened) return undefined;
    if (this.#isOpened && (!this.#nextLine() || this.#isMarker())) return refuse();
    if (this.#column !== 0 || this.#documents === MOST_DOCUMENTS) return refuse();
    this.#nodes = 0;
    const document = this.#block();
    this.#documents++;
    this.#isOpened = false;
    if (this.#nextLine()) {
      if (!this.#isMarker()) return refuse();
      this.#passMarker();
    }
    return document;
  }

  #passMarker(): void {
    const behind = this.#skipSpaces(this.#at + 3);
    if (!this.#isLineEnd(behind)) refuse();
    this.#at = behind;
    this.#isOpened = true;
  }

  /** Goes to the next line with content, its own line's rest included; false at the end. */
  #nextLine(): boolean {
    const text = this.#text;
    let at = this.#at;
    let start = at - this.#column;
    for (;;) {
      at = this.#skipSpaces(at);
      if (at >= text.length) {
        this.#at = at;
        return false;
      }
      const code = text.charCodeAt(at);
      if (code === HASH) {
        const end = text.indexOf('\n', at);
        at = end < 0 ? text.length : end;
      } else if (code !== NEWLINE) {
        this.#at = at;
        this.#column = at - start;
        // A document's end and a directive.
        if (this.#column === 0 && (code === 0x25 || text.startsWith('...', at))) return refuse();
        return true;
      } else {
        at++;
        start = at;
        this.#column = 0;
      }
    }
  }

  /** Whether a document ends here. */
  #isMarker(): boolean {
    return this.#column === 0 && this.#text.startsWith('---', this.#at);
  }

  /** The mapping or list that begins here. */
  #block(): Node {
    if (++this.#depth > MOST_DEPTH) return refuse();
    const node = this.#isItem() ? this.#list() : this.#mapping();
    this.#depth--;
    return node;
  }

  #isItem(): boolean {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== DASH) return false;
    return this.#isBlank(this.#at + 1);
  }

  #list(): Node {
    const start = this.#at;
    const column = this.#column;
    const items: Node[] = [];
    let more = true;
    while (more) {
      const content = this.#skipSpaces(this.#at + 1);
      if (this.#isLineEnd(content)) return refuse();
      this.#column += content - this.#at;
      this.#at = content;
      if (this.#isItem()) return refuse();
      items.push(this.#keyEnd(content) >= 0 ? this.#block() : this.#lineValue(column));
      more = this.#continues(column) && this.#isItem();
    }
    return this.#made(seqNode(items, start, this.#at));
  }

  #mapping(): Node {
    const start = this.#at;
    const column = this.#column;
    const items: Pair<Scalar, Node>[] = [];
    let more = true;
    while (more) {
      const keyStart = this.#at;
      const keyEnd = this.#keyEnd(keyStart);
      if (keyEnd < 0) return refuse();
      const name = this.#names.at(this.#text, keyStart, keyEnd) ?? refuse();
      const key = this.#made(scalarNode(name, name, keyStart, keyEnd));
      const valueStart = this.#skipSpaces(keyEnd + 1);
      this.#at = valueStart;
      this.#column = column + valueStart - keyStart;
      items.push(pairNode(key, this.#fieldValue(column)));
      more = this.#continues(column) && !this.#isItem();
    }
    return this.#made(mapNode(items, start, this.#at));
  }

  /** Whether the next line with content goes on with the block in this column; one that is neither in it nor before it is refused. */
  #continues(column: number): boolean {
    if (!this.#nextLine() || this.#isMarker()) return false;
    if (this.#column > column) return refuse();
    return this.#column === column;
  }

  /** The value behind the colon of a field in this column. */
  #fieldValue(column: number): Node {
    if (this.#isLineEnd(this.#at)) return this.#nestedValue(column);
    return this.#text.charCodeAt(this.#at) === BAR
      ? this.#blockText(column)
      : this.#lineValue(column);
  }

  #blockText(column: number): Node {
    const start = this.#at;
    if (this.#text.charCodeAt(start + 1) !== NEWLINE) return refuse();
    const block = blockText(this.#text, start + 2, column);
    if (block === undefined) return refuse();
    this.#at = block.end;
    this.#column = 0;
    return this.#made(scalarNode(block.value, block.value, start, block.end));
  }

  /** The value that begins on a line of its own. */
  #nestedValue(column: number): Node {
    if (!this.#nextLine() || this.#isMarker()) return refuse();
    if (this.#column > column) return this.#block();
    return this.#column === column && this.#isItem() ? this.#block() : refuse();
  }

  /** The value that ends with its line. */
  #lineValue(column: number): Node {
    const node = this.#inlineValue(false);
    const behind = this.#skipSpaces(this.#at);
    if (!this.#isLineEnd(behind)) return refuse();
    this.#at = behind;
    // What is further in would go on with the value.
    const here = this.#at;
    const hereColumn = this.#column;
    if (this.#nextLine() && this.#column > column) return refuse();
    this.#at = here;
    this.#column = hereColumn;
    return node;
  }

  /** Where the name of a field that begins here ends; -1 where none does. */
  #keyEnd(start: number): number {
    const text = this.#text;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === COLON && this.#isBlank(at + 1)) return at > start ? at : -1;
      if (!isNameCharacter(code) || (at === start && !isFirstOfName(code))) return -1;
    }
    return -1;
  }

  #inlineValue(inBrackets: boolean): Node {
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#quoted('"');
      case APOSTROPHE:
        return this.#quoted("'");
      case OPEN_LIST:
        return this.#bracketList();
      case OPEN_MAP:
        return this.#bracketMap();
      default:
        return this.#plain(inBrackets);
    }
  }

  #quoted(quote: string): Node {
    const start = this.#at;
    const text = this.#text;
    const end = quote === '"' ? closingQuote(text, start) : text.indexOf(quote, start + 1);
    if (end < 0) return refuse();
    const source = text.slice(start + 1, end);
    if (source.includes('\n') || (quote === "'" && text[end + 1] === "'")) return refuse();
    const value = quote === '"' ? unescaped(source) : source;
    if (value === undefined) return refuse();
    this.#at = end + 1;
    return this.#made(scalarNode(value, value, start, end + 1));
  }

  #plain(inBrackets: boolean): Node {
    const text = this.#text;
    const start = this.#at;
    const first = text.charCodeAt(start);
    if (INDICATORS.has(first) && !this.#mayBegin(first, start, inBrackets)) return refuse();
    let end = start;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE || (inBrackets && isBracketOrComma(code))) break;
      if (code === SPACE) continue;
      if (code === HASH && text.charCodeAt(at - 1) === SPACE) return refuse();
      if (code === COLON && this.#endsName(at + 1, inBrackets)) return refuse();
      end = at + 1;
    }
    if (inBrackets && !this.#isBehindElement(at)) return refuse();
    const source = text.slice(start, end);
    const value = plainValue(source);
    if (value === NOT_PLAIN || source === '') return refuse();
    this.#at = end;
    return this.#made(scalarNode(value, source, start, end));
  }

  /** Whether an indicator begins plain text: a dash or a colon with more of a word behind it. */
  #mayBegin(indicator: number, start: number, inBrackets: boolean): boolean {
    if (indicator !== DASH && indicator !== COLON) return false;
    return !this.#endsName(start + 1, inBrackets);
  }

  /** Whether an element in brackets may end before this place. */
  #isBehindElement(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP;
  }

  /** Whether a colon before this place ends a name. */
  #endsName(at: number, inBrackets: boolean): boolean {
    return this.#isBlank(at) || (inBrackets && this.#isBehindElement(at));
  }

  #bracketList(): Node {
    if (++this.#depth > MOST_DEPTH) return refuse();
    const start = this.#at;
    const items: Node[] = [];
    this.#at = this.#skipSpaces(start + 1);
    while (this.#text.charCodeAt(this.#at) !== CLOSE_LIST) {
      items.push(this.#inlineValue(true));
      // A colon behind it would make it the name of a field.
      this.#separator(CLOSE_LIST);
    }
    this.#at++;
    this.#depth--;
    return this.#made(seqNode(items, start, this.#at));
  }

  #bracketMap(): Node {
    if (++this.#depth > MOST_DEPTH) return refuse();
    const start = this.#at;
    const items: Pair<Scalar, Node>[] = [];
    this.#at = this.#skipSpaces(start + 1);
    while (this.#text.charCodeAt(this.#at) !== CLOSE_MAP) {
      const isQuoted = QUOTES.has(this.#text.charCodeAt(this.#at));
      const key = this.#bracketKey();
      const value = this.#skipSpaces(this.#at + 1);
      // As in JSON, only what stands behind a quoted name may follow its colon at once.
      if (value === this.#at + 1 && !isQuoted) return refuse();
      this.#at = value;
      items.push(pairNode(key, this.#inlineValue(true)));
      this.#separator(CLOSE_MAP);
    }
    this.#at++;
    this.#depth--;
    return this.#made(mapNode(items, start, this.#at));
  }

  #bracketKey(): Scalar {
    const start = this.#at;
    const first = this.#text.charCodeAt(start);
    if (QUOTES.has(first)) {
      const key = this.#quoted(first === QUOTE ? '"' : "'") as Scalar;
      return this.#text.charCodeAt(this.#at) === COLON ? key : refuse();
    }
    const end = this.#keyEnd(start);
    if (end < 0) return refuse();
    const name = this.#names.at(this.#text, start, end) ?? refuse();
    this.#at = end;
    return this.#made(scalarNode(name, name, start, end));
  }

  /** Passes over the comma behind an element, which must have another one behind it, or stops at the closing bracket. */
  #separator(closing: number): void {
    const text = this.#text;
    const at = this.#skipSpaces(this.#at);
    const code = text.charCodeAt(at);
    if (code === closing) this.#at = at;
    else {
      const next = this.#skipSpaces(at + 1);
      if (code !== COMMA || text.charCodeAt(next) === closing) refuse();
      this.#at = next;
    }
  }

  #made<N>(node: N): N {
    if (++this.#nodes > MOST_NODES) return refuse();
    return node;
  }

  #skipSpaces(from: number): number {
    let at = from;
    while (this.#text.charCodeAt(at) === SPACE) at++;
    return at;
  }

  #isLineEnd(at: number): boolean {
    return at >= this.#text.length || this.#text.charCodeAt(at) === NEWLINE;
  }

  #isBlank(at: number): boolean {
    return this.#isLineEnd(at) || this.#text.charCodeAt(at) === SPACE;
  }
}

function isBracketOrComma(code: number): boolean {
  return (
    code === COMMA ||
    code === CLOSE_LIST ||
    code === CLOSE_MAP ||
    code === OPEN_LIST ||
    code === OPEN_MAP
  );
}

/** Letters, digits and `_ - . /`, of which names of fields are made. */
function isNameCharacter(code: number): boolean {
  return isFirstOfName(code) || (code >= 0x2d && code <= 0x39);
}

function isFirstOfName(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

function refuse(): never {
  throw NOT_OF_THE_KIND;
}
