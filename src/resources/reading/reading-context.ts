import type { Document } from 'yaml';
import { type Alias, isAlias, type LineCounter, type Node } from 'yaml';
import type { SourceLocation } from '../../source/location.ts';
import type { Problem, ProblemCode, Report } from '../../source/problem.ts';

/** What every reader of one document needs: where offsets stand, and where problems go. */
export class ReadingContext {
  readonly file: string;
  readonly text: string;
  readonly lenient: boolean;
  readonly report: Report;
  private readonly lines: LineCounter;
  private readonly document: Document.Parsed | undefined;

  constructor(options: {
    readonly file: string;
    readonly text: string;
    readonly lines: LineCounter;
    readonly document: Document.Parsed | undefined;
    readonly lenient: boolean;
    readonly report: Report;
  }) {
    this.file = options.file;
    this.text = options.text;
    this.lines = options.lines;
    this.document = options.document;
    this.lenient = options.lenient;
    this.report = options.report;
  }

  /** The place of a character offset in the file's text. */
  locate(offset: number): SourceLocation {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** The place where a node starts; the file's start for a node without a range. */
  locateNode(node: Node | null | undefined): SourceLocation {
    return this.locate(node?.range?.[0] ?? 0);
  }

  /** The text of a line (from 1) without its line break. */
  lineText(line: number): string {
    const start = this.lines.lineStarts[line - 1] ?? 0;
    const end = this.text.indexOf('\n', start);
    return this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  }

  /** Follows an alias to what it stands for. Anchors are resolved once, never copied, so that alias bombs stay small. */
  resolve(node: Node | null | undefined): Node | null | undefined {
    if (!isAlias(node) || this.document === undefined) return node;
    return (node as Alias).resolve(this.document);
  }

  problem(
    code: ProblemCode,
    location: SourceLocation,
    message: string,
    hint?: string,
    severity: Problem['severity'] = 'error',
  ): void {
    this.report({
      code,
      severity,
      message,
      location,
      hint,
      excerpt: this.lineText(location.line),
    });
  }
}
