import type { FileCache } from '../files/file-cache.ts';
import type { Host } from '../host/host.ts';
import type { DocumentCache } from '../resources/document-cache.ts';
import { type DocumentText, readResources } from '../resources/read-resources.ts';
import type { ResourceSet } from '../resources/resource-set.ts';
import { NodeModel, type NodeModelOptions } from '../scenario/node-model.ts';
import { InputError, UsageError } from '../source/errors.ts';
import { renderProblem } from '../source/problem.ts';
import { type DocumentOptions, wantedVersion } from './common-options.ts';
import { readTexts } from './read-documents.ts';
import type { Terminal } from './terminal.ts';

/** Which rules packets run through and what is taken for given of them; the machine and its connections, where they are known. */
export interface RulesOptions
  extends Pick<NodeModelOptions, 'asIs' | 'assumptions' | 'comments' | 'host' | 'connections'> {
  /** The machine where the documents describe none by the node's name. */
  readonly fallbackHost?: Host | undefined;
}

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
export function loadModel(
  options: DocumentOptions,
  terminal: Terminal,
  rules: RulesOptions | ((resources: ResourceSet) => RulesOptions) = {},
): LoadedModel {
  const { resources, texts } = readModelDocuments(options, terminal);
  const { fallbackHost, ...others } = typeof rules === 'function' ? rules(resources) : rules;
  const isDescribed = resources.hosts.some(({ metadata }) => metadata.name === options.node);
  const model = new NodeModel(resources, {
    node: options.node,
    machine: terminal.hostName(),
    environment: felixEnvironment(terminal),
    ...others,
    host: others.host ?? (isDescribed ? undefined : fallbackHost),
  });
  warnOfDoubt(model.choice, terminal);
  warnOfAddresslessHost(model, terminal);
  return { model, texts };
}

/** Says so where the node may be another than the one meant. */
export function warnOfDoubt({ doubt }: NodeModel['choice'], terminal: Terminal): void {
  if (doubt !== undefined) terminal.writeError(`warning: ${doubt} (-n chooses the node)\n`);
}

/** What of the reading of documents is done in another way. */
export interface DocumentReading {
  /** As much is read as has changed. */
  readonly caches?: { readonly files: FileCache; readonly documents: DocumentCache } | undefined;
  /** Told of the texts before they are looked into. */
  readonly texts?: (texts: readonly DocumentText[]) => void;
}

/**
 * Reads the documents that the options name. Warnings go to standard error.
 *
 * @throws InputError, UsageError also when there are none
 */
export function readModelDocuments(
  options: DocumentOptions,
  terminal: Terminal,
  { caches, texts: told }: DocumentReading = {},
): { readonly resources: ResourceSet; readonly texts: readonly DocumentText[] } {
  if (options.filename.length === 0) {
    throw new UsageError(
      'no documents',
      'Name files or directories with -f, or - for standard input.',
    );
  }
  if (options.node === '') throw new UsageError('-n: the name is empty');
  const texts = readTexts(options.filename, terminal, caches?.files);
  told?.(texts);
  const resources = readResources(texts, {
    version: wantedVersion(options.calicoVersion, terminal),
    lenient: options.lenient,
    cache: caches?.documents,
  });
  printWarnings(resources, terminal);
  if (isEmpty(resources)) {
    const names = options.filename.map((name) => (name === '-' ? 'standard input' : name));
    throw new InputError([
      {
        code: 'no-documents',
        severity: 'error',
        message: `no documents in ${names.join(', ')}`,
        location: { file: texts[0]?.file ?? '-', line: 1, column: 1 },
        hint: 'Without any, every packet would pass unpoliced.',
      },
    ]);
  }
  return { resources, texts };
}

/** Whether nothing at all was read, not even a document of an ignored kind. */
function isEmpty({ kubernetes, ...resources }: ResourceSet): boolean {
  const lists = [...Object.values(resources), ...Object.values(kubernetes)];
  return lists.every((list) => !Array.isArray(list) || list.length === 0);
}

/** A packet to a host that has no address is forwarded, which may look like an acceptance. */
export function warnOfAddresslessHost({ host }: NodeModel, terminal: Terminal): void {
  const hasAddress = host.interfaces.some(
    ({ name, addresses }) => name !== 'lo' && addresses.length > 0,
  );
  if (!host.derived || hasAddress) return;
  terminal.writeError(
    'warning: no document says which addresses the host has, so that no packet from outside is delivered to it ' +
      '(write a Host document, or expectedIPs)\n',
  );
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
