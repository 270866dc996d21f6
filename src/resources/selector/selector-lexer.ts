import type { CalicoVersion } from '../calico-version.ts';

/** An operator between a label and a string or a set of strings. */
export type SelectorOperator =
  | '=='
  | '!='
  | 'in'
  | 'not in'
  | 'contains'
  | 'starts with'
  | 'ends with';

/** One token and where it starts in the text. */
export type SelectorToken =
  | { readonly kind: 'label' | 'string' | 'has'; readonly value: string; readonly offset: number }
  | {
      readonly kind: 'operator';
      readonly operator: SelectorOperator;
      readonly offset: number;
    }
  | {
      readonly kind: 'all' | 'global' | '!' | '&&' | '||' | '(' | ')' | '{' | '}' | ',' | 'end';
      readonly offset: number;
    };

/** Something that not every Calico version understands. */
export interface SelectorFeature {
  readonly feature: string;
  readonly since: CalicoVersion;
  /** The first release known to have it, where that is not `since` itself. */
  readonly release?: string | undefined;
}

/** What is wrong with a selector, for its reader to place in the document. */
export class SelectorError extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** The longest label name that a selector may hold, in characters. */
const LABEL_MAX_LENGTH = 512;

const LABEL = /[a-zA-Z0-9_./-]+/y;
/** What looks like a word to a person, for messages. */
const WORD = /[^\s(){}"'!=&|,]+/y;
const WORD_OPERATORS: readonly { readonly pattern: RegExp; readonly operator: SelectorOperator }[] =
  [
    { pattern: /contains/y, operator: 'contains' },
    { pattern: /starts[ \t]*with/y, operator: 'starts with' },
    { pattern: /ends[ \t]*with/y, operator: 'ends with' },
    { pattern: /not[ \t]*in/y, operator: 'not in' },
    { pattern: /in/y, operator: 'in' },
  ];
/** Before 3.9 these were keywords wherever they stood, so that a label could not start with them. */
const OLD_KEYWORD = /(?:not\s*)?in\b/y;

/**
 * Cuts a selector into tokens; the last one is `end`.
 *
 * Words such as `in` and `contains` are operators right after a label and labels everywhere else. Blanks are space and tab only;
 * strings have no escapes.
 *
 * @throws SelectorError
 * Source: libcalico-go/lib/selector/tokenizer/tokenizer.go (Calico 3.32).
 */
export function tokenizeSelector(text: string): {
  readonly tokens: readonly SelectorToken[];
  readonly features: readonly SelectorFeature[];
} {
  const lexer = new SelectorLexer(text);
  return { tokens: lexer.run(), features: [...lexer.features.values()] };
}

class SelectorLexer {
  readonly features: Map<string, SelectorFeature> = new Map();
  private readonly text: string;
  private readonly tokens: SelectorToken[] = [];
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  run(): readonly SelectorToken[] {
    this.skipBlanks();
    while (this.at < this.text.length) {
      this.next();
      this.skipBlanks();
    }
    this.tokens.push({ kind: 'end', offset: this.at });
    return this.tokens;
  }

  private next(): void {
    const offset = this.at;
    const character = this.text.charAt(offset);
    switch (character) {
      case '(':
      case ')':
      case '{':
      case '}':
      case ',':
        this.push({ kind: character, offset }, 1);
        return;
      case '"':
      case "'":
        this.string(character);
        return;
      case '!':
        if (this.text.startsWith('!=', offset)) {
          this.push({ kind: 'operator', operator: '!=', offset }, 2);
        } else this.push({ kind: '!', offset }, 1);
        return;
      case '=':
        this.expectDoubled('==');
        this.push({ kind: 'operator', operator: '==', offset }, 2);
        return;
      case '&':
        this.expectDoubled('&&');
        this.push({ kind: '&&', offset }, 2);
        return;
      case '|':
        this.expectDoubled('||');
        this.push({ kind: '||', offset }, 2);
        return;
      default:
        this.word();
    }
  }

  private push(token: SelectorToken, length: number): void {
    this.tokens.push(token);
    this.at += length;
  }

  private skipBlanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  private expectDoubled(symbol: string): void {
    if (this.text.startsWith(symbol, this.at)) return;
    throw new SelectorError(
      `\`${symbol.charAt(0)}\` is not a selector operator`,
      this.at,
      `Write \`${symbol}\`.`,
    );
  }

  private string(quote: string): void {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) {
      throw new SelectorError(
        'the string has no end',
        this.at,
        `Close it with ${quote}; a string has no escapes, but may contain the other kind of quote.`,
      );
    }
    const value = this.text.slice(this.at + 1, end);
    this.push({ kind: 'string', value, offset: this.at }, end + 1 - this.at);
  }

  private word(): void {
    const offset = this.at;
    const last = this.tokens.at(-1);
    if (last?.kind === 'label') this.wordOperator(last.value);
    else if (this.text.startsWith('has(', offset)) this.has();
    else if (this.text.startsWith('all(', offset)) this.call('all');
    else if (this.text.startsWith('global(', offset)) {
      this.call('global');
      this.uses('the selector `global()`', '3.32', '3.16');
    } else {
      const label = this.label();
      OLD_KEYWORD.lastIndex = offset;
      if (OLD_KEYWORD.test(this.text)) this.uses(`the label \`${label}\` in a selector`, '3.9');
      this.push({ kind: 'label', value: label, offset }, label.length);
    }
  }

  private wordOperator(label: string): void {
    for (const { pattern, operator } of WORD_OPERATORS) {
      pattern.lastIndex = this.at;
      const found = pattern.exec(this.text);
      if (found === null) continue;
      if (operator !== 'in' && operator !== 'not in') {
        this.uses(`the selector operator \`${operator}\``, '3.9');
      }
      this.push({ kind: 'operator', operator, offset: this.at }, found[0].length);
      return;
    }
    throw new SelectorError(
      `unknown selector operator \`${this.wordHere()}\` after the label \`${label}\``,
      this.at,
      'Use ==, !=, in, not in, contains, starts with or ends with.',
    );
  }

  private has(): void {
    const offset = this.at;
    this.at += 'has('.length;
    this.skipBlanks();
    const label = this.label();
    this.at += label.length;
    this.closeCall(`has(${label}`);
    this.tokens.push({ kind: 'has', value: label, offset });
  }

  private call(name: 'all' | 'global'): void {
    const offset = this.at;
    this.at += name.length + 1;
    this.closeCall(`${name}(`);
    this.tokens.push({ kind: name, offset });
  }

  private closeCall(opened: string): void {
    this.skipBlanks();
    if (this.text[this.at] !== ')') {
      throw new SelectorError(
        `\`${opened}\` is not closed`,
        this.at,
        `Close it with ), as in \`${opened})\`.`,
      );
    }
    this.at++;
  }

  /** The label name at the current place, which is not moved. */
  private label(): string {
    LABEL.lastIndex = this.at;
    const label = LABEL.exec(this.text)?.[0];
    if (label === undefined) {
      const here = this.wordHere();
      throw new SelectorError(
        here === '' ? 'a label name is missing' : `\`${here}\` is not part of a selector`,
        this.at,
        this.text[this.at] === '\n' || this.text[this.at] === '\r'
          ? 'A selector is one line: only spaces and tabs may separate its words.'
          : 'Label names have letters, digits and _ . / - only.',
      );
    }
    if (label.length > LABEL_MAX_LENGTH) {
      throw new SelectorError(
        `the label name has ${label.length} characters`,
        this.at,
        `The limit is ${LABEL_MAX_LENGTH}.`,
      );
    }
    return label;
  }

  private wordHere(): string {
    WORD.lastIndex = this.at;
    return WORD.exec(this.text)?.[0].slice(0, 60) ?? '';
  }

  private uses(feature: string, since: CalicoVersion, release?: string): void {
    this.features.set(feature, { feature, since, release });
  }
}
