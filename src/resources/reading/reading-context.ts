import { type Alias, type Document, isAlias, type Node } from 'yaml';
import type { SourceLocation } from '../../source/location.ts';
import { nearestName } from '../../source/nearest-name.ts';
import type { Problem, ProblemCode, Report } from '../../source/problem.ts';
import type { DocumentPlace } from './document-place.ts';
import type { LineLookup } from './line-table.ts';
import { startOf } from './plain-nodes.ts';

/** How many suggestions one document is worth: each is a comparison with every known name. */
const MAX_SUGGESTIONS = 100;

/** What a problem may say besides its place and message. */
export interface ProblemDetails {
  readonly hint?: string | undefined;
  readonly related?: readonly SourceLocation[] | undefined;
  readonly severity?: Problem['severity'] | undefined;
}

interface ReadingContextOptions {
  readonly source: { readonly file: string; readonly text: string };
  readonly lines: LineLookup;
  readonly document: Document.Parsed | undefined;
  /** What the document's aliases stand for; without it each alias costs a walk through the document. */
  readonly aliases?: ReadonlyMap<Alias, Node> | undefined;
  readonly options: {
    /** Where the text stands in the file, when it is a part of one; undefined: it is the file. */
    readonly place?: DocumentPlace | undefined;
    readonly lenient: boolean;
    readonly report: Report;
  };
}

/** What every reader of one document needs: where offsets stand, and where problems go. */
export class ReadingContext {
  readonly file: string;
  readonly text: string;
  readonly lenient: boolean;
  readonly report: Report;
  readonly aliases: ReadonlyMap<Alias, Node> | undefined;
  private suggestions = 0;
  private readonly lines: LineLookup;
  private readonly document: Document.Parsed | undefined;
  private readonly place: DocumentPlace | undefined;

  constructor({ source, lines, document, aliases, options }: ReadingContextOptions) {
    this.file = source.file;
    this.text = source.text;
    this.lines = lines;
    this.document = document;
    this.aliases = aliases;
    this.place = options.place;
    this.lenient = options.lenient;
    this.report = options.report;
  }

  /** The same document read again for another purpose: problems go to `report`. */
  with(options: { readonly lenient: boolean; readonly report: Report }): ReadingContext {
    const { lines, document, aliases, place } = this;
    return new ReadingContext({
      source: this,
      lines,
      document,
      aliases,
      options: { ...options, place },
    });
  }

  /** The nearest known name, for a hint; after a hundred unknown names of a document nobody reads further ones. */
  suggest(name: string, candidates: Iterable<string>): string | undefined {
    return this.suggestions++ < MAX_SUGGESTIONS ? nearestName(name, candidates) : undefined;
  }

  /** The place of a character offset in the text. */
  locate(offset: number): SourceLocation {
    const { line, col } = this.lines.linePos(offset);
    const location = { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
    return this.place === undefined ? location : this.place.put(location);
  }

  /** The place where a node starts; the file's start for a node without a range. */
  locateNode(node: Node | null | undefined): SourceLocation {
    return this.locate(node ? (startOf(node) ?? 0) : 0);
  }

  /** The text of a line of the file (from 1) without its line break. */
  lineText(lineOfFile: number): string {
    const line = lineOfFile - (this.place?.linesBefore ?? 0);
    const starts = this.lines.lineStarts;
    const start = starts[line - 1] ?? 0;
    const next = starts[line];
    const text = this.text.slice(start, next === undefined ? undefined : next - 1);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  /** Follows an alias to what it stands for. Anchors are resolved once, never copied, so that alias bombs stay small. */
  resolve(node: Node | null | undefined): Node | null | undefined {
    if (!isAlias(node)) return node;
    if (this.aliases !== undefined) return this.aliases.get(node);
    return this.document === undefined ? node : node.resolve(this.document);
  }

  problem(
    code: ProblemCode,
    location: SourceLocation,
    message: string,
    hint?: string,
    severity: Problem['severity'] = 'error',
  ): void {
    this.problemWith(code, location, message, { hint, severity });
  }

  /** As `problem`, with everything that a problem may carry. */
  problemWith(
    code: ProblemCode,
    location: SourceLocation,
    message: string,
    details: ProblemDetails,
  ): void {
    this.report(this.makeProblem(code, location, message, details));
  }

  /** A problem of this file that is not reported yet, because whether it is one depends on the version. */
  makeProblem(
    code: ProblemCode,
    location: SourceLocation,
    message: string,
    details: ProblemDetails = {},
  ): Problem {
    const { hint, related, severity = 'error' } = details;
    const excerpt = this.lineText(location.line);
    return { code, severity, message, location, related, hint, excerpt };
  }
}
