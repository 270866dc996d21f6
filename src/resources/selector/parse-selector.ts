import type { Selector } from './selector.ts';
import {
  SelectorError,
  type SelectorFeature,
  type SelectorToken,
  tokenizeSelector,
} from './selector-lexer.ts';

/** A selector's tree, or the first thing that is wrong with its text. */
export type ParsedSelector =
  | {
      readonly kind: 'selector';
      readonly selector: Selector;
      /** What not every Calico version understands, each once. */
      readonly uses: readonly SelectorFeature[];
    }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** Where in the text, from 0, in UTF-16 code units. */
      readonly offset: number;
      readonly hint: string | undefined;
    };

/** How deep parentheses may nest. Calico has no limit; nobody writes this, and deeper ones would exhaust the stack. */
const MAX_DEPTH = 500;

/**
 * Parses a selector of any supported Calico version; the empty text selects all.
 *
 * Never throws. `&&` binds tighter than `||`; `!` negates the comparison that follows, and `!!` is nothing.
 *
 * Source: libcalico-go/lib/selector/parser/parser.go (Calico 3.32).
 */
export function parseSelector(text: string): ParsedSelector {
  try {
    const { tokens, features } = tokenizeSelector(text);
    return { kind: 'selector', selector: new SelectorParser(tokens).run(), uses: features };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { kind: 'error', message: error.message, offset: error.offset, hint: error.hint };
  }
}

class SelectorParser {
  private readonly tokens: readonly SelectorToken[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly SelectorToken[]) {
    this.tokens = tokens;
  }

  run(): Selector {
    if (this.peek().kind === 'end') return { kind: 'all' };
    const selector = this.or();
    const rest = this.peek();
    if (rest.kind === 'end') return selector;
    throw new SelectorError(
      `unexpected ${describe(rest)} after the end of the selector`,
      rest.offset,
      rest.kind === ')'
        ? 'There is no ( that it closes.'
        : 'Join two comparisons with && (both) or || (either).',
    );
  }

  private or(): Selector {
    return this.joined('||', 'or', () => this.joined('&&', 'and', () => this.operation()));
  }

  private joined(symbol: '&&' | '||', kind: 'and' | 'or', operand: () => Selector): Selector {
    const first = operand();
    if (this.peek().kind !== symbol) return first;
    const operands = [first];
    while (this.peek().kind === symbol) {
      this.at++;
      operands.push(operand());
    }
    return { kind, operands };
  }

  private operation(): Selector {
    let negated = false;
    while (this.peek().kind === '!') {
      negated = !negated;
      this.at++;
    }
    const operand = this.operand();
    return negated ? { kind: 'not', operand } : operand;
  }

  private operand(): Selector {
    const token = this.peek();
    this.at++;
    switch (token.kind) {
      case 'all':
      case 'global':
        return { kind: token.kind };
      case 'has':
        return { kind: 'has', label: token.value };
      case 'label':
        return this.comparison(token.value);
      case '(':
        return this.parenthesised(token);
      default:
        throw new SelectorError(
          `expected a comparison, but found ${describe(token)}`,
          token.offset,
          token.kind === 'string'
            ? 'The label stands on the left, without quotes: label == "value".'
            : 'Write for example label == "value", has(label) or all().',
        );
    }
  }

  private parenthesised(opening: SelectorToken): Selector {
    this.depth++;
    if (this.depth > MAX_DEPTH) {
      throw new SelectorError(
        `parentheses are nested deeper than ${MAX_DEPTH}`,
        opening.offset,
        'Leave out parentheses that change nothing.',
      );
    }
    const inner = this.or();
    const closing = this.peek();
    if (closing.kind !== ')') {
      throw new SelectorError(
        `expected ) or && or ||, but found ${describe(closing)}`,
        closing.offset,
        `Close the ( at character ${opening.offset + 1}.`,
      );
    }
    this.at++;
    this.depth--;
    return inner;
  }

  private comparison(label: string): Selector {
    const token = this.peek();
    if (token.kind !== 'operator') {
      throw new SelectorError(
        `expected an operator after the label \`${label}\`, but found ${describe(token)}`,
        token.offset,
        label === 'has' || label === 'all' || label === 'global'
          ? `Write \`${label}(\` without a space.`
          : 'Use ==, !=, in, not in, contains, starts with or ends with.',
      );
    }
    this.at++;
    switch (token.operator) {
      case '==':
        return { kind: 'equals', label, value: this.string('==') };
      case '!=':
        return { kind: 'not-equals', label, value: this.string('!=') };
      case 'contains':
        return { kind: 'contains', label, value: this.string('contains') };
      case 'starts with':
        return { kind: 'starts-with', label, value: this.string('starts with') };
      case 'ends with':
        return { kind: 'ends-with', label, value: this.string('ends with') };
      case 'in':
        return { kind: 'in', label, values: this.set('in') };
      case 'not in':
        return { kind: 'not-in', label, values: this.set('not in') };
    }
  }

  private string(operator: string): string {
    const token = this.peek();
    if (token.kind !== 'string') {
      throw new SelectorError(
        `expected a string after ${operator}, but found ${describe(token)}`,
        token.offset,
        token.kind === 'label'
          ? `Put it in quotes: "${token.value}".`
          : 'Values are strings in single or double quotes.',
      );
    }
    this.at++;
    return token.value;
  }

  /** Set members in order of their code points, each once; a comma may end the list. */
  private set(operator: string): readonly string[] {
    const opening = this.peek();
    if (opening.kind !== '{') {
      throw new SelectorError(
        `expected a set after ${operator}, but found ${describe(opening)}`,
        opening.offset,
        `Write ${operator} {"a", "b"}.`,
      );
    }
    this.at++;
    const values = new Set<string>();
    for (let token = this.peek(); token.kind === 'string'; token = this.peek()) {
      values.add(token.value);
      this.at++;
      if (this.peek().kind !== ',') break;
      this.at++;
    }
    const closing = this.peek();
    if (closing.kind !== '}') {
      throw new SelectorError(
        `expected a string or } in the set, but found ${describe(closing)}`,
        closing.offset,
        'Set members are strings in quotes, separated by commas: {"a", "b"}.',
      );
    }
    this.at++;
    return [...values].sort(compareCodePoints);
  }

  private peek(): SelectorToken {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (token === undefined) throw new Error('a token list always ends with an end token');
    return token;
  }
}

function describe(token: SelectorToken): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'string':
      return `the string "${token.value.slice(0, 60)}"`;
    case 'label':
      return `\`${token.value.slice(0, 60)}\``;
    case 'has':
      return `\`has(${token.value.slice(0, 60)})\``;
    case 'all':
    case 'global':
      return `\`${token.kind}()\``;
    case 'operator':
      return `\`${token.operator}\``;
    default:
      return `\`${token.kind}\``;
  }
}

/** The order of Go's strings, which compare as UTF-8 bytes; that of UTF-16 code units differs above U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i >= a.length || i >= b.length) return a.length - b.length;
  // A low surrogate that differs belongs to a pair whose first half was equal: step back onto the pair.
  const low = a.charCodeAt(i);
  if (i > 0 && low >= 0xdc00 && low < 0xe000) i--;
  return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
}
