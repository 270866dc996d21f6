import { type DocumentText, readResources } from '../resources/read-resources.ts';
import type { ResourceSet } from '../resources/resource-set.ts';
import { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { renderProblem } from '../source/problem.ts';
import { type DocumentOptions, wantedVersion } from './common-options.ts';
import { readTexts } from './read-documents.ts';
import type { Terminal } from './terminal.ts';

/** What the documents of a command line mean for the node, and their texts, to show lines of them. */
export interface LoadedModel {
  readonly model: NodeModel;
  readonly texts: readonly DocumentText[];
}

/**
 * Reads the documents that the options name and works out what they mean for the node. Warnings go to standard error.
 *
 * @throws InputError, UsageError
 */
export function loadModel(options: DocumentOptions, terminal: Terminal): LoadedModel {
  if (options.filename.length === 0) {
    throw new UsageError(
      'no documents',
      'Name files or directories with -f, or - for standard input.',
    );
  }
  const texts = readTexts(options.filename, terminal);
  const resources = readResources(texts, {
    version: wantedVersion(options.calicoVersion, terminal),
    lenient: options.lenient,
  });
  printWarnings(resources, terminal);
  const model = new NodeModel(resources, {
    node: options.node,
    machine: terminal.hostName(),
    environment: felixEnvironment(terminal),
  });
  if (model.choice.doubt !== undefined) {
    terminal.writeError(`warning: ${model.choice.doubt} (-n chooses the node)\n`);
  }
  return { model, texts };
}

/** Writes what reading warned of. */
export function printWarnings(resources: ResourceSet, terminal: Terminal): void {
  for (const warning of resources.warnings) terminal.writeError(`${renderProblem(warning)}\n`);
}

/** The FELIX_* variables of the environment. */
export function felixEnvironment(terminal: Terminal): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(terminal.environment)) {
    if (name.startsWith('FELIX_') && value !== undefined) found.set(name, value);
  }
  return found;
}
