import type { Problem, Report } from '../source/problem.ts';
import { addFindings, type Findings, joinFindings, PartCollector } from './part-findings.ts';
import { readDocument } from './read-document.ts';
import { DocumentPlace } from './reading/document-place.ts';
import { parseDocuments } from './reading/parse-documents.ts';
import {
  countLines,
  type FilePart,
  isBoundTogether,
  isPartEnd,
  splitDocuments,
} from './reading/split-documents.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { ParsedSelector } from './selector/parse-selector.ts';

/** Beyond so many selectors none is remembered any longer: those of documents that are gone are among them. */
const MOST_SELECTORS = 100_000;

const BLOCK_LENGTH = 128;

interface ReadPart {
  /** From 0, in the order in which parts were read first. */
  readonly id: number;
  readonly text: string;
  /** How many lines end in it. */
  readonly lines: number;
  readonly place: DocumentPlace;
  readonly findings: Findings;
}

interface ReadFile {
  readonly text: string;
  readonly parts: readonly ReadPart[];
  /** Whether the file could not be cut. */
  readonly isBound: boolean;
}

/** Parts that follow each other, and what was found in all of them. */
interface Block {
  readonly parts: readonly ReadPart[];
  readonly findings: Findings;
}

/**
 * Remembers what was read of documents, so that reading files again takes as long as what of them has changed. A document is known again by
 * its text, wherever in its file it stands now.
 *
 * INVARIANT: what comes of reading with a cache is what comes of reading without one. Resources of one reading are good until the next one, which
 * may move the places in them.
 */
export class DocumentCache {
  readonly #blockLength: number;
  #files: ReadonlyMap<string, ReadFile> = new Map();
  #blocks: ReadonlyMap<ReadPart, Block> = new Map();
  #nextId = 0;
  #lenient = false;
  #selectors = new Map<string, ParsedSelector>();
  /** Where the readers of documents report to, also those that are asked later. */
  #report: Report = () => undefined;

  /** About `blockLength` neighbouring parts are put together once, and again when one of them is another. */
  constructor(blockLength: number = BLOCK_LENGTH) {
    this.#blockLength = blockLength;
  }

  /** Reads files into a collector; problems go to `report`. */
  collect(
    sources: readonly { readonly file: string; readonly text: string }[],
    { lenient, report }: { readonly lenient: boolean; readonly report: Report },
    collector: ResourceCollector,
  ): void {
    if (lenient !== this.#lenient || this.#selectors.size > MOST_SELECTORS) {
      this.#files = new Map();
      this.#blocks = new Map();
      this.#selectors = new Map();
    }
    this.#lenient = lenient;
    const files = new Map<string, ReadFile>();
    for (const { file, text } of sources) {
      const known = this.#files.get(file);
      files.set(file, known?.text === text ? known : this.#readFile(file, text, known));
    }
    this.#files = files;
    this.#report = report;
    const parts = sources.flatMap(({ file }) => files.get(file)?.parts ?? []);
    for (const { findings } of this.#blocksOf(parts)) addFindings(findings, collector, report);
  }

  #readFile(file: string, text: string, known: ReadFile | undefined): ReadFile {
    if (known === undefined || known.isBound) {
      const parts = splitDocuments(text).map((part) => this.#readPart(file, part));
      return { text, parts, isBound: isBoundTogether(text) };
    }
    const { before, changed, behind, linesBefore } = compareParts(known, text);
    // Most changes are of few neighbouring documents.
    if (isBoundTogether(changed)) return this.#readFile(file, text, undefined);
    const middle = known.parts.slice(before, known.parts.length - behind);
    const parts = [
      ...known.parts.slice(0, before),
      ...this.#readParts(file, splitDocuments(changed), { linesBefore, known: middle }),
    ];
    let lines = linesBefore + countLines(changed, 0, changed.length);
    for (const part of known.parts.slice(known.parts.length - behind)) {
      part.place.moveTo(lines);
      lines += part.lines;
      parts.push(part);
    }
    return { text, parts, isBound: false };
  }

  /** Parts, those that are known taken from there. */
  #readParts(
    file: string,
    parts: readonly FilePart[],
    { linesBefore, known }: { readonly linesBefore: number; readonly known: readonly ReadPart[] },
  ): readonly ReadPart[] {
    const before = new Map<string, ReadPart[]>();
    // Backwards, so that of equal documents the first is taken first.
    for (const part of known.toReversed()) {
      const same = before.get(part.text);
      if (same === undefined) before.set(part.text, [part]);
      else same.push(part);
    }
    return parts.map((part) => {
      const lines = linesBefore + part.linesBefore;
      const found = before.get(part.text)?.pop();
      found?.place.moveTo(lines);
      return found ?? this.#readPart(file, { text: copied(part.text), linesBefore: lines });
    });
  }

  #readPart(file: string, { text, linesBefore }: FilePart): ReadPart {
    const collector = new PartCollector(this.#selectors);
    this.#report = collector.report;
    const place = new DocumentPlace(linesBefore);
    const report = (problem: Problem): void => this.#report(problem);
    const reading = { lenient: this.#lenient, report, place };
    for (const { context, contents } of parseDocuments({ file, text }, reading)) {
      readDocument(context, contents, collector);
    }
    const lines = countLines(text, 0, text.length);
    return { id: this.#nextId++, text, lines, place, findings: collector.findings() };
  }

  /** The parts in blocks. Where a block ends hangs on its last part alone, so that a part more or less leaves all other blocks as they were. */
  #blocksOf(parts: readonly ReadPart[]): Iterable<Block> {
    const blocks = new Map<ReadPart, Block>();
    let start = 0;
    for (const [index, part] of parts.entries()) {
      if ((part.id + 1) % this.#blockLength !== 0 && index + 1 < parts.length) continue;
      const first = parts[start] as ReadPart;
      const within = parts.slice(start, index + 1);
      const known = this.#blocks.get(first);
      const block =
        known !== undefined && isSameParts(known.parts, within)
          ? known
          : { parts: within, findings: joinFindings(within.map(({ findings }) => findings)) };
      blocks.set(first, block);
      start = index + 1;
    }
    this.#blocks = blocks;
    return blocks.values();
  }
}

function isSameParts(one: readonly ReadPart[], other: readonly ReadPart[]): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

/** How many parts at the start and at the end of a file are as they were, and the text between these. */
function compareParts(
  { text: old, parts }: ReadFile,
  text: string,
): {
  readonly before: number;
  readonly behind: number;
  readonly changed: string;
  readonly linesBefore: number;
} {
  const sameBefore = commonPrefix(old, text);
  let start = 0;
  let before = 0;
  let linesBefore = 0;
  for (; before < parts.length; before++) {
    const part = parts[before] as ReadPart;
    const end = start + part.text.length;
    if (end > sameBefore || !isPartEnd(text, end)) break;
    start = end;
    linesBefore += part.lines;
  }
  const sameBehind = commonSuffix(old, text);
  let end = text.length;
  let behind = 0;
  for (; before + behind < parts.length; behind++) {
    const part = parts[parts.length - 1 - behind] as ReadPart;
    const at = end - part.text.length;
    // The first part needs no separator.
    if (at < Math.max(start, text.length - sameBehind)) break;
    if (at > 0 && !isPartEnd(text, at)) break;
    end = at;
  }
  return { before, behind, changed: text.slice(start, end), linesBefore };
}

/** How many characters both begin with. Stretches are compared as a whole, which takes a small part of the time that characters take. */
function commonPrefix(one: string, other: string): number {
  let same = 0;
  let end = Math.min(one.length, other.length);
  while (same < end) {
    const middle = (same + end + 1) >> 1;
    if (one.slice(same, middle) === other.slice(same, middle)) same = middle;
    else end = middle - 1;
  }
  return same;
}

/** How many characters both end with. */
function commonSuffix(one: string, other: string): number {
  let same = 0;
  let end = Math.min(one.length, other.length);
  const stretch = (text: string, from: number, to: number): string =>
    text.slice(text.length - to, text.length - from);
  while (same < end) {
    const middle = (same + end + 1) >> 1;
    if (stretch(one, same, middle) === stretch(other, same, middle)) same = middle;
    else end = middle - 1;
  }
  return same;
}

/** The text by itself: a slice would keep all of its file's text for as long as this one document stays. */
function copied(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
