import type { YAMLMap } from 'yaml';
import type { ReadingContext } from './reading-context.ts';

/** One document, parsed but not yet read: a mapping and what is needed to say where its parts stand. */
export interface DocumentNode {
  readonly context: ReadingContext;
  readonly map: YAMLMap;
}
