import type { Problem, Report } from '../source/problem.ts';
import { addFindings, type Findings, joinFindings, PartCollector } from './part-findings.ts';
import { readDocument } from './read-document.ts';
import { DocumentPlace } from './reading/document-place.ts';
import { parseDocuments } from './reading/parse-documents.ts';
import { type FilePart, splitDocuments } from './reading/split-documents.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { ParsedSelector } from './selector/parse-selector.ts';

/** Beyond so many selectors none is remembered any longer: those of documents that are gone are among them. */
const MOST_SELECTORS = 100_000;

const BLOCK_LENGTH = 128;

interface ReadPart {
  /** From 0, in the order in which parts were read first. */
  readonly id: number;
  readonly text: string;
  readonly place: DocumentPlace;
  readonly findings: Findings;
}

interface ReadFile {
  readonly text: string;
  readonly parts: readonly ReadPart[];
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
    const before = new Map<string, ReadPart[]>();
    // Backwards, so that of equal documents the first is taken first.
    for (const part of known?.parts.toReversed() ?? []) {
      const same = before.get(part.text);
      if (same === undefined) before.set(part.text, [part]);
      else same.push(part);
    }
    const parts = splitDocuments(text).map((part) => {
      const found = before.get(part.text)?.pop();
      found?.place.moveTo(part.linesBefore);
      // A slice would keep all of the file's text for as long as this one document stays.
      return found ?? this.#readPart(file, known === undefined ? part : copied(part));
    });
    return { text, parts };
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
    return { id: this.#nextId++, text, place, findings: collector.findings() };
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

function copied(part: FilePart): FilePart {
  return { ...part, text: JSON.parse(JSON.stringify(part.text)) as string };
}
