import type { Node, Pair, Scalar } from 'yaml';
import { mapNode, pairNode, scalarNode, seqNode } from './plain-nodes.ts';
import { closingQuote, unescaped } from './quoted-text.ts';

/** Beyond these a document is left to the full parser, which knows the limits. */
const MOST_DEPTH = 50;
const MOST_NODES = 300_000;
/** YAML wants the names of fields to be shorter than this. */
const LONGEST_NAME = 1000;

const BLANKS = /[ \n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

const WORDS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Thrown inside where the text is not of the plain kind. */
const NOT_OF_THE_KIND: unique symbol = Symbol('not of the kind');

/**
 * Parses a file that is one JSON object, with the nodes that the `yaml` package makes of it, as far as readers look at them. Long texts in quotes cost little.
 *
 * Undefined for everything else, errors included: another parser then has its turn.
 */
export function parsePlainJson(text: string): readonly Node[] | undefined {
  if (!/^[ \n]*\{/.test(text) || /[\t\r\uFEFF\u0085\u2028\u2029]/.test(text)) return undefined;
  try {
    return new JsonParser(text).documents();
  } catch (error) {
    if (error !== NOT_OF_THE_KIND) throw error;
    return undefined;
  }
}

class JsonParser {
  readonly #text: string;
  #at = 0;
  #nodes = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  documents(): readonly Node[] {
    this.#skipBlanks();
    const document = this.#object();
    this.#skipBlanks();
    return this.#at === this.#text.length ? [document] : refuse();
  }

  #value(): Node {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #object(): Node {
    const start = this.#at;
    const items: Pair<Scalar, Node>[] = [];
    this.#elements('}', () => {
      const key = this.#text[this.#at] === '"' ? this.#string() : refuse();
      if (this.#at - start > LONGEST_NAME && String(key.value).length > LONGEST_NAME) refuse();
      // A colon on another line is none of a name's in YAML.
      this.#pass(/ *:/y);
      this.#skipBlanks();
      items.push(pairNode(key, this.#value()));
    });
    return this.#made(mapNode(items, start, this.#at));
  }

  #array(): Node {
    const start = this.#at;
    const items: Node[] = [];
    this.#elements(']', () => items.push(this.#value()));
    return this.#made(seqNode(items, start, this.#at));
  }

  /** Passes over what stands between brackets, whose opening one is here. */
  #elements(closing: string, element: () => void): void {
    if (++this.#depth > MOST_DEPTH) refuse();
    this.#at++;
    this.#skipBlanks();
    if (this.#text[this.#at] !== closing) {
      for (;;) {
        element();
        this.#skipBlanks();
        if (this.#text[this.#at] !== ',') break;
        this.#at++;
        this.#skipBlanks();
      }
    }
    if (this.#text[this.#at] !== closing) refuse();
    this.#at++;
    this.#depth--;
  }

  #string(): Scalar {
    const start = this.#at;
    const end = closingQuote(this.#text, start);
    const value = end < 0 ? undefined : unescaped(this.#text.slice(start + 1, end));
    if (value === undefined) return refuse();
    this.#at = end + 1;
    return this.#made(scalarNode(value, value, start, end + 1));
  }

  #word(): Scalar {
    const start = this.#at;
    const word = WORDS.find(([name]) => this.#text.startsWith(name, start));
    if (word === undefined) {
      const source = this.#pass(NUMBER);
      return this.#made(scalarNode(Number(source), source, start, this.#at));
    }
    this.#at += word[0].length;
    return this.#made(scalarNode(word[1], word[0], start, this.#at));
  }

  #skipBlanks(): void {
    this.#pass(BLANKS);
  }

  /** Passes over what the expression finds here, which must be something. */
  #pass(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [found] = expression.exec(this.#text) ?? [];
    if (found === undefined) return refuse();
    this.#at += found.length;
    return found;
  }

  #made<N>(node: N): N {
    if (++this.#nodes > MOST_NODES) return refuse();
    return node;
  }
}

function refuse(): never {
  throw NOT_OF_THE_KIND;
}
