import { Composer, type CST, type Document, Lexer, type Node, Parser, Schema } from 'yaml';
import type { Report } from '../../source/problem.ts';
import { findAliasTargets } from './aliases.ts';
import type { DocumentPlace } from './document-place.ts';
import { JsonBoundaries } from './json-boundaries.ts';
import { LineTable } from './line-table.ts';
import { parsePlainJson } from './plain-json.ts';
import { parsePlainYaml, plainDocuments } from './plain-yaml.ts';
import { ReadingContext } from './reading-context.ts';

/** How deep mappings and lists may nest; real documents stay below 30. */
const MAX_DEPTH = 100;

/** How many tokens one document may have, punctuation and blanks counted: some 10 MB of policy, and what fits into memory. */
const MAX_TOKENS = 2_000_000;

/** How many characters a file may have that the full parser must take; it needs some thirty times as much memory. */
const MAX_INTRICATE_LENGTH = 16 * 1024 * 1024;

/** How many documents one file may have. */
export const MAX_DOCUMENTS: number = 200_000;

const DOCUMENT_START = '---';

/** One schema for all documents: making it is a good part of the cost of a small document. */
let schema: Schema | undefined;

// Keys are checked for repetition where they are read: the parser's own check is quadratic.
const COMPOSER_OPTIONS = {
  uniqueKeys: false,
  keepSourceTokens: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

/** A document without syntax errors, and where its parts stand. */
export interface ParsedDocument {
  readonly context: ReadingContext;
  /** Null for an empty document. */
  readonly contents: Node | null;
}

/** How documents are parsed, and who hears of problems. */
export interface ParseOptions {
  readonly lenient: boolean;
  readonly report: Report;
  /** Where the text stands in its file, when it is a part of one. */
  readonly place?: DocumentPlace;
}

class LimitReached extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Parses the YAML or JSON documents of a file, one at a time, so that a document's tree is garbage once it has been read.
 *
 * Documents with syntax errors are reported and left out. Never throws.
 */
export function* parseDocuments(
  source: { readonly file: string; readonly text: string },
  options: ParseOptions,
): Generator<ParsedDocument, void> {
  const lines = new LineTable(source.text);
  const contextOf: ContextOf = (document, aliases) =>
    new ReadingContext({ source, lines, document, aliases, options });
  const bare = contextOf(undefined);
  if (reportControlCharacter(source.text, bare)) return;
  const isLong = source.text.length > MAX_INTRICATE_LENGTH;
  // Of a file that is too long for the full parser nothing is read, unless all of it is plain.
  const whole = parsePlainJson(source.text) ?? (isLong ? parsePlainYaml(source.text) : undefined);
  if (whole !== undefined) {
    for (const contents of whole) yield { context: contextOf(undefined), contents };
    return;
  }
  if (isLong) {
    bare.problem(
      'yaml-limit',
      bare.locate(0),
      `the file has more than ${MAX_INTRICATE_LENGTH / 1024 / 1024} MiB, and is not as plain as files must be that are longer`,
      'Write it as hepsim inspect does: one line for each field, without anchors, tags or comments behind values, long text behind `|`; or as JSON.',
    );
    return;
  }
  const read = yield* plainPart(source.text, contextOf);
  if (read !== undefined) yield* intricatePart({ text: source.text, read }, bare, contextOf);
}

type ContextOf = (
  document: Document.Parsed | undefined,
  aliases?: ReadingContext['aliases'],
) => ReadingContext;

/** The documents before the first that is not plain. Returns how many they are, undefined when they are all. */
function* plainPart(
  text: string,
  contextOf: ContextOf,
): Generator<ParsedDocument, number | undefined> {
  const plain = plainDocuments(text);
  for (let count = 0; ; count++) {
    const { value, done } = plain.next();
    if (done === true) return value ? undefined : count;
    yield { context: contextOf(undefined), contents: value };
  }
}

/** The documents by the full parser, but for those at first that are read. */
function* intricatePart(
  { text, read }: { readonly text: string; readonly read: number },
  bare: ReadingContext,
  contextOf: ContextOf,
): Generator<ParsedDocument, void> {
  const tokens = new LimitedTokens(text);
  schema ??= new Schema({ schema: 'core', merge: false });
  const composer = new Composer({ ...COMPOSER_OPTIONS, schema });
  let count = 0;
  try {
    for (const document of composeAll(composer, tokens)) {
      if (++count > MAX_DOCUMENTS) {
        throw new LimitReached(`more than ${MAX_DOCUMENTS} documents`, 'Split the file.');
      }
      // What is out of place behind a document may be found to be a fault of that one.
      if (reportSyntax(document, bare) || count <= read) continue;
      const aliases = tokens.sawAlias
        ? findAliasTargets(document.contents as Node | null)
        : undefined;
      if (aliases?.kind === 'refused') {
        bare.problem(
          'yaml-limit',
          bare.locate(aliases.offset),
          aliases.message,
          'Write out what the alias stands for.',
        );
      } else {
        yield {
          context: contextOf(document, aliases?.targets),
          contents: document.contents as Node | null,
        };
      }
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    bare.problem('yaml-limit', bare.locate(tokens.offset), error.message, error.hint);
  }
}

function* composeAll(composer: Composer, tokens: LimitedTokens): Generator<Document.Parsed, void> {
  for (const token of tokens.all()) yield* composer.next(token) as Generator<Document.Parsed, void>;
  yield* composer.end(false, -1) as Generator<Document.Parsed, void>;
}

/** The parser's tokens, watched while they are made: what nests too deep or is too long never becomes a tree. */
class LimitedTokens {
  private readonly text: string;
  private readonly parser: Parser = new Parser();
  /** Whether the file may hold an alias: only then is a walk through its documents worth while. */
  sawAlias = false;

  constructor(text: string) {
    this.text = text;
  }

  /** Where the parser is. */
  get offset(): number {
    return Math.min(this.parser.offset, Math.max(0, this.text.length - 1));
  }

  *all(): Generator<CST.Token, void> {
    const { parser } = this;
    const boundaries = new JsonBoundaries();
    let count = 0;
    for (const lexeme of new Lexer().lex(this.text)) {
      if (boundaries.isBefore(lexeme)) {
        yield* parser.next(DOCUMENT_START);
        // It is not in the text.
        parser.offset -= DOCUMENT_START.length;
      }
      if (lexeme.charCodeAt(0) === 0x2a) this.sawAlias = true;
      for (const token of parser.next(lexeme)) {
        if (token.type === 'document') count = 0;
        yield token;
      }
      if (parser.stack.length > MAX_DEPTH) {
        throw new LimitReached(
          `values nest deeper than ${MAX_DEPTH} levels`,
          'No kind of document has so many levels.',
        );
      }
      if (++count > MAX_TOKENS) {
        throw new LimitReached(
          `the document has more than ${MAX_TOKENS} tokens`,
          'Split it into several documents, separated by ---.',
        );
      }
    }
    yield* parser.end();
  }
}

/** Reports what is wrong with the syntax; tags and directives that are not understood are wrong too. */
function reportSyntax(document: Document.Parsed, context: ReadingContext): boolean {
  const faults = [...document.errors, ...document.warnings];
  // Behind the first fault the parser is lost, and takes every token for an unexpected one.
  const telling = faults.filter(({ code }, i) => i === 0 || code !== 'UNEXPECTED_TOKEN');
  for (const fault of telling.slice(0, 20)) {
    const code = fault.code === 'RESOURCE_EXHAUSTION' ? 'yaml-limit' : 'yaml-syntax';
    const message = fault.message.split('\n', 1)[0]?.slice(0, 200) ?? '';
    context.problem(
      code,
      context.locate(fault.pos[0]),
      message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, ''),
      HINTS[fault.code],
    );
  }
  return faults.length > 0;
}

const HINTS: Readonly<Record<string, string>> = {
  UNEXPECTED_TOKEN: 'Put text that holds one of {}[],: in quotes.',
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Fields of one mapping start in the same column.',
  TAG_RESOLVE_FAILED: 'Leave the tag out.',
  MULTILINE_IMPLICIT_KEY: 'A field name and its colon stand on one line.',
  BLOCK_AS_IMPLICIT_KEY: 'Is a quote or a line break missing, or is there a colon too many?',
};

/** Control characters mean that the file is no text; the parser would take them for letters. */
function reportControlCharacter(text: string, context: ReadingContext): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const found = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (found === null) return false;
  const code = found[0].charCodeAt(0).toString(16).padStart(2, '0');
  context.problem(
    'yaml-syntax',
    context.locate(found.index),
    `the file holds the control character 0x${code}: it is not a text file`,
  );
  return true;
}
