import type { CalicoVersion } from './calico-version.ts';
import type { DocumentNode } from './reading/document-node.ts';
import type { ResourceSet } from './resource-set.ts';

/** The text of one file. `file` is the path as the user gave it, `-` for standard input. */
export interface DocumentText {
  readonly file: string;
  readonly text: string;
}

export interface ReadOptions {
  /** The version to follow; undefined: inferred from the documents. */
  readonly version?: CalicoVersion | undefined;
  /** Unknown fields are warnings. */
  readonly lenient?: boolean | undefined;
  /** Documents that are parsed already, such as those inline in a scenario. */
  readonly nodes?: readonly DocumentNode[] | undefined;
}

/**
 * Reads documents of every kind, checks each by itself and against the Calico version, and returns them all.
 *
 * @throws InputError with every problem of every file.
 */
export function readResources(
  _texts: readonly DocumentText[],
  _options: ReadOptions = {},
): ResourceSet {
  throw new Error('readResources is being written');
}
