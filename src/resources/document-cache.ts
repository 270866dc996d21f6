import type { Problem, Report } from '../source/problem.ts';
import { PartCollector, type PartFindings } from './part-collector.ts';
import { readDocument } from './read-document.ts';
import { DocumentPlace } from './reading/document-place.ts';
import { parseDocuments } from './reading/parse-documents.ts';
import { type FilePart, splitDocuments } from './reading/split-documents.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { ParsedSelector } from './selector/parse-selector.ts';

/** Beyond so many selectors none is remembered any longer: those of documents that are gone are among them. */
const MOST_SELECTORS = 100_000;

interface ReadPart {
  readonly text: string;
  readonly place: DocumentPlace;
  readonly problems: readonly Problem[];
  readonly findings: PartFindings;
}

interface ReadFile {
  readonly text: string;
  readonly parts: readonly ReadPart[];
}

/**
 * Remembers what was read of documents, so that reading files again takes as long as what of them has changed. A document is known again by
 * its text, wherever in its file it stands now.
 *
 * INVARIANT: what comes of reading with a cache is what comes of reading without one. Resources of one reading are good until the next one, which
 * may move the places in them.
 */
export class DocumentCache {
  #files: ReadonlyMap<string, ReadFile> = new Map();
  #lenient = false;
  #selectors = new Map<string, ParsedSelector>();
  /** Where the readers of documents report to, also those that are asked later. */
  #report: Report = () => undefined;

  /** Reads files into a collector; problems go to `report`. */
  collect(
    sources: readonly { readonly file: string; readonly text: string }[],
    { lenient, report }: { readonly lenient: boolean; readonly report: Report },
    collector: ResourceCollector,
  ): void {
    if (lenient !== this.#lenient || this.#selectors.size > MOST_SELECTORS) {
      this.#files = new Map();
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
    for (const { file } of sources) {
      for (const { problems, findings } of files.get(file)?.parts ?? []) {
        for (const problem of problems) report(problem);
        findings.addTo(collector);
      }
    }
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
    const problems: Problem[] = [];
    this.#report = (problem) => {
      problems.push(problem);
    };
    const place = new DocumentPlace(linesBefore);
    const reading = {
      lenient: this.#lenient,
      report: (problem: Problem) => this.#report(problem),
      place,
    };
    const collector = new PartCollector(this.#selectors);
    for (const { context, contents } of parseDocuments({ file, text }, reading)) {
      readDocument(context, contents, collector);
    }
    return { text, place, problems, findings: collector.findings() };
  }
}

function copied(part: FilePart): FilePart {
  return { ...part, text: JSON.parse(JSON.stringify(part.text)) as string };
}
