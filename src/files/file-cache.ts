import type { BigIntStats } from 'node:fs';
import type { DocumentText } from '../resources/read-resources.ts';

/** Files are stamped by a clock that stands still for some milliseconds, and longer on other file systems. */
const STAMP_UNSURE_MS = 2000;

interface KnownFile {
  readonly stamp: string;
  readonly document: DocumentText;
}

/**
 * Remembers texts of files by what the file system says of them: which file it is, how large, when it was changed last. Every write sets the time of the
 * change (ctime), which nobody can set back; a file that was changed shortly before it was read is read again.
 */
export class FileCache {
  #known = new Map<string, KnownFile>();

  /** The text as it was read, when the file has not changed since. `before` is of the file as it is now. */
  find(file: string, before: BigIntStats): DocumentText | undefined {
    const known = this.#known.get(file);
    return known?.stamp === stampOf(before) ? known.document : undefined;
  }

  /** Remembers a text; `before` was asked before it was read. */
  add(document: DocumentText, before: BigIntStats, nowMs: number): void {
    const isSettled = nowMs - Number(before.ctimeMs) > STAMP_UNSURE_MS;
    if (isSettled) this.#known.set(document.file, { stamp: stampOf(before), document });
    else this.#known.delete(document.file);
  }

  /** Forgets files that are not among these. */
  keepOnly(files: ReadonlySet<string>): void {
    for (const file of this.#known.keys()) if (!files.has(file)) this.#known.delete(file);
  }
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
