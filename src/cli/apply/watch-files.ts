import { watch } from 'node:fs';
import { EnvironmentError, UsageError } from '../../source/errors.ts';

/** How long files must be left alone before they are read: an editor writes several times. */
const SETTLE_MS = 300;

/** Who hears of a directory's files. */
export interface FileListener {
  /** Something has changed, and has been left alone since. */
  readonly changed: () => void;
  readonly failed: (message: string) => void;
}

/** A directory that is watched. */
export interface WatchedFiles {
  /** Whether somebody was at work on files a moment ago; `changed` follows. */
  readonly isUnsettled: () => boolean;
  readonly close: () => void;
}

/** Watches a directory and all below it. @throws UsageError when there is none; EnvironmentError when it cannot be watched */
export function watchFiles(directory: string, { changed, failed }: FileListener): WatchedFiles {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = watch(directory, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        changed();
      }, SETTLE_MS);
    });
    watcher.on('error', ({ message }) => failed(message));
    return {
      isUnsettled: () => timer !== undefined,
      close: () => {
        clearTimeout(timer);
        watcher.close();
      },
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`--watch: there is no directory ${directory}`);
    }
    throw new EnvironmentError(`${directory} cannot be watched: ${(error as Error).message}`);
  }
}
