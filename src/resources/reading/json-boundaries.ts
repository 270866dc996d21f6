import { Lexer } from 'yaml';

// What the lexer of `yaml` writes before a document, before a scalar that is not quoted, and where a flow collection ends too early.
const DOCUMENT = '\u0002';
const SCALAR = '\u001f';
const FLOW_ERROR_END = '\u0018';
const MARKS: ReadonlySet<string> = new Set([DOCUMENT, SCALAR, FLOW_ERROR_END]);

/** The text with `---` between JSON documents, for whoever parses it as YAML and does not ask for places. */
export function separateJson(text: string): string {
  const boundaries = new JsonBoundaries();
  const parts: string[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    if (boundaries.isBefore(lexeme)) parts.push('\n---\n');
    if (!MARKS.has(lexeme)) parts.push(lexeme);
  }
  return parts.join('');
}

/**
 * Finds where JSON documents follow each other without anything between them, as kubectl takes them and as several of its outputs in one file stand. YAML
 * wants `---` there.
 */
export class JsonBoundaries {
  /** Nothing of the document has come yet; it is one of JSON; it is any other. */
  private document: 'awaited' | 'json' | 'other' = 'awaited';
  private depth = 0;
  private afterScalarMark = false;

  /** Whether the lexeme begins another document. Lexemes of one file, in their order. */
  isBefore(lexeme: string): boolean {
    if (this.afterScalarMark) {
      this.afterScalarMark = false;
      return false;
    }
    switch (lexeme.charAt(0)) {
      case '{':
        return this.open();
      case '[':
        if (this.document === 'awaited') this.document = 'other';
        this.depth += 1;
        return false;
      case '}':
      case ']':
        this.depth -= 1;
        return false;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
      case '#':
        return false;
      case SCALAR:
        this.afterScalarMark = true;
        this.notice();
        return false;
      case '-':
        if (lexeme === '---') this.begin();
        else this.notice();
        return false;
      case DOCUMENT:
        return false;
      default:
        this.notice();
        return false;
    }
  }

  private begin(): void {
    this.document = 'awaited';
    this.depth = 0;
  }

  private open(): boolean {
    const isNext = this.document === 'json' && this.depth === 0;
    if (this.document === 'awaited') this.document = 'json';
    this.depth += 1;
    return isNext;
  }

  /** Something else: outside of braces it is no JSON. */
  private notice(): void {
    if (this.depth === 0) this.document = 'other';
  }
}
