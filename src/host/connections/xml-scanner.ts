import { type Word, WordTable } from './word-table.ts';

/** What a scanning of conntrack's XML hands on, in the order of the text. */
export interface XmlEvents {
  readonly open: (tag: XmlTag, line: number) => void;
  /** The element ends; the text in front of its end tag is the bytes from `start` to `end`, which are the same for none. */
  readonly close: (name: string, start: number, end: number) => void;
  /** The text is none that conntrack prints; scanning ends. Lines and columns count from 1. */
  readonly broken: (message: string, line: number, column: number) => void;
}

/** A start tag with the attributes that say something of a flow, empty where there are none. */
export interface XmlTag {
  readonly name: string;
  readonly direction: string;
  readonly protonum: string;
}

const SPACE = 0x20;
const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const NEW_LINE = 0x0a;
const QUESTION = 0x3f;
const EXCLAMATION = 0x21;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const LAST_DIGIT = 0x39;

const DECLARATION = /^<\?xml version="1\.0"(?: encoding="[A-Za-z][\w.-]*")?\?>$/;
const LONGEST_DECLARATION = 100;

/** Many more than there are different ones. */
const MOST_TAGS = 256;

/** How deep conntrack's elements are nested, with room to spare. */
const DEEPEST = 16;

/**
 * Scans the part of XML that conntrack prints: one declaration, elements, attributes in double quotes, plain text. There are hundreds of
 * thousands of flows with dozens of tags each: every byte is looked at once, and no word is made twice.
 */
export function scanXml(bytes: Uint8Array, events: XmlEvents): void {
  new XmlScanner(bytes, events).scan();
}

/** A tag as it was read. */
interface ReadTag extends XmlTag {
  readonly word: Word;
  readonly isEmpty: boolean;
  /** From `<` to `>`. */
  readonly whole: Word;
  /** The one that came behind it the last time: one flow is much like another, so that most tags need not be read but only compared. */
  next: ReadTag | undefined;
}

class XmlScanner {
  readonly #bytes: Uint8Array;
  readonly #events: XmlEvents;
  readonly #words: WordTable;
  readonly #open: Word[] = [];
  readonly #tags: Map<string, ReadTag> = new Map();
  #lastTag: ReadTag | undefined;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #hasRoot = false;
  #isBroken = false;

  constructor(bytes: Uint8Array, events: XmlEvents) {
    this.#bytes = bytes;
    this.#events = events;
    this.#words = new WordTable(bytes);
  }

  scan(): void {
    for (let textStart = 0; this.#passText(); textStart = this.#at) {
      const next = this.#bytes[this.#at + 1];
      if (next === SLASH) this.#takeEnd(textStart);
      else if (next === QUESTION) this.#takeDeclaration();
      else if (next === EXCLAMATION) {
        this.#break(
          'comments and declarations, which could hold an undefined entity, are not of conntrack',
        );
      } else this.#takeStart();
    }
    if (this.#isBroken) return;
    const open = this.#open.at(-1);
    if (open !== undefined) this.#break(`unclosed tag: ${open.text}`);
    else if (!this.#hasRoot) this.#break('document must contain a root element.');
  }

  /** Goes to the next tag; false at the end, or when something is wrong. */
  #passText(): boolean {
    if (this.#isBroken) return false;
    const bytes = this.#bytes;
    const isOutside = this.#open.length === 0;
    let at = this.#at;
    for (; at < bytes.length; at++) {
      const code = bytes[at] as number;
      if (code === LESS) break;
      if (code === NEW_LINE) {
        this.#line++;
        this.#lineStart = at + 1;
      } else if (code === AMPERSAND || (isOutside && code > SPACE)) {
        this.#at = at;
        this.#break(isOutside ? 'text data outside of root node.' : 'undefined entity.');
        return false;
      }
    }
    this.#at = at;
    return at < bytes.length;
  }

  #takeDeclaration(): void {
    const end = this.#bytes.indexOf(GREATER) + 1;
    const first = this.#bytes.subarray(0, Math.min(end, LONGEST_DECLARATION));
    if (this.#at === 0 && DECLARATION.test(String.fromCharCode(...first))) this.#at = end;
    else this.#break('a processing instruction is not of conntrack');
  }

  #takeEnd(textStart: number): void {
    const name = this.#open.pop();
    const start = this.#at;
    const end = start + 2 + (name?.bytes.length ?? 0);
    if (name !== undefined && this.#bytes[end] === GREATER && this.#words.isAt(name, start + 2)) {
      this.#at = end + 1;
      this.#events.close(name.text, textStart, start);
      return;
    }
    const close = this.#bytes.indexOf(GREATER, start);
    this.#at = close < 0 ? this.#bytes.length : close + 1;
    this.#break('unexpected close tag.');
  }

  #takeStart(): void {
    const expected = this.#lastTag?.next;
    const isExpected = expected !== undefined && this.#words.isAt(expected.whole, this.#at);
    const tag = isExpected ? expected : this.#readTag();
    if (tag === undefined) return;
    if (this.#lastTag !== undefined) this.#lastTag.next = tag;
    this.#lastTag = tag;
    const wrong = this.#whyNot(tag.name);
    if (wrong !== undefined) {
      this.#break(wrong);
      return;
    }
    this.#hasRoot = true;
    this.#events.open(tag, this.#line);
    this.#at += tag.whole.bytes.length;
    if (tag.isEmpty) this.#events.close(tag.name, this.#at, this.#at);
    else this.#open.push(tag.word);
  }

  /** What is wrong with an element here; undefined when nothing. */
  #whyNot(name: string): string | undefined {
    const depth = this.#open.length;
    if (depth > 0) return depth < DEEPEST ? undefined : 'elements are nested too deeply';
    if (this.#hasRoot) return 'documents may contain only one root.';
    return name === 'conntrack' ? undefined : `the root is \`${name}\`, not \`conntrack\``;
  }

  /** The tag that begins here; undefined where it is none. */
  #readTag(): ReadTag | undefined {
    const bytes = this.#bytes;
    const word = this.#words.take(this.#at + 1);
    let at = this.#at + 1 + word.bytes.length;
    let direction = '';
    let protonum = '';
    while (bytes[at] === SPACE) {
      const name = this.#words.take(at + 1);
      const equals = at + 1 + name.bytes.length;
      const start = equals + 2;
      if (!isNameStart(name) || bytes[equals] !== EQUALS || bytes[start - 1] !== QUOTE) break;
      const value = this.#words.take(start);
      const end = start + value.bytes.length;
      if (bytes[end] !== QUOTE) break;
      if (name.text === 'direction') direction = value.text;
      else if (name.text === 'protonum') protonum = value.text;
      at = end + 1;
    }
    const isEmpty = bytes[at] === SLASH;
    const end = isEmpty ? at + 1 : at;
    if (!isNameStart(word) || bytes[end] !== GREATER) {
      this.#at = at;
      this.#break('disallowed character in a tag');
      return undefined;
    }
    const key = `${word.text} ${direction} ${protonum} ${end - this.#at}`;
    const known = this.#tags.get(key);
    if (known !== undefined && this.#words.isAt(known.whole, this.#at)) return known;
    const whole = { text: '', bytes: bytes.slice(this.#at, end + 1) };
    const tag = { name: word.text, direction, protonum, word, isEmpty, whole, next: undefined };
    if (this.#tags.size < MOST_TAGS) this.#tags.set(key, tag);
    return tag;
  }

  #break(message: string): void {
    this.#isBroken = true;
    this.#events.broken(message, this.#line, this.#at - this.#lineStart + 1);
  }
}

/** Names begin with a letter. */
function isNameStart({ bytes }: Word): boolean {
  return bytes.length > 0 && (bytes[0] as number) > LAST_DIGIT;
}
