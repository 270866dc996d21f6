import { InputError } from '../source/errors.ts';
import type { CalicoVersion } from './calico-version.ts';
import type { DocumentCache } from './document-cache.ts';
import { ProblemList } from './problem-list.ts';
import { readDocument } from './read-document.ts';
import type { DocumentNode } from './reading/document-node.ts';
import { type ParseOptions, parseDocuments } from './reading/parse-documents.ts';
import { checkVersion, chooseVersion, type VersionChoice } from './resolve-version.ts';
import { ResourceCollector } from './resource-collector.ts';
import type { ResourceSet } from './resource-set.ts';
import { BUILT_IN_TIERS } from './tier.ts';

/** The text of one file. `file` is the path as the user gave it, `-` for standard input. */
export interface DocumentText {
  readonly file: string;
  readonly text: string;
}

/** How documents are read. */
export interface ReadOptions {
  /** The version to follow; undefined: inferred from the documents. */
  readonly version?: CalicoVersion | undefined;
  /** Unknown fields are warnings. */
  readonly lenient?: boolean | undefined;
  /** Documents that are parsed already, such as those inline in a scenario. */
  readonly nodes?: readonly DocumentNode[] | undefined;
  /** What was read before, of which only what has changed is read again. */
  readonly cache?: DocumentCache | undefined;
  /** How many characters one file may have, and all together, where that is not {@link MAX_FILE_LENGTH} and {@link MAX_TOTAL_LENGTH}. */
  readonly mostCharacters?: number | undefined;
}

/** How many characters one file may have, enough for a connection table of 300,000 entries in a Host document; more is refused before it is parsed. */
export const MAX_FILE_LENGTH: number = 64 * 1024 * 1024;

/** How many characters all files together may have. */
export const MAX_TOTAL_LENGTH: number = 128 * 1024 * 1024;

/**
 * Reads documents of every kind, checks each by itself and against the Calico version, and returns them all.
 *
 * @throws InputError with every problem of every file.
 */
export function readResources(
  texts: readonly DocumentText[],
  options: ReadOptions = {},
): ResourceSet {
  const problems = new ProblemList();
  const collector = new ResourceCollector();
  const reading = { lenient: options.lenient ?? false, report: problems.report };
  const sources = withinLimits(texts, problems, options.mostCharacters);
  if (options.cache === undefined) readSources(sources, reading, collector);
  else options.cache.collect(sources, reading, collector);
  for (const { context, map } of options.nodes ?? []) {
    readDocument(context.with(reading), map, collector);
  }
  checkTiers(collector);
  const choice = chooseVersion(collector, options.version);
  checkVersion(collector, choice, problems.report);
  const found = problems.sorted();
  if (found.some((problem) => problem.severity === 'error')) throw new InputError(found);
  return resourceSet(collector, choice, found);
}

function readSources(
  sources: readonly DocumentText[],
  reading: ParseOptions,
  collector: ResourceCollector,
): void {
  for (const source of sources) {
    for (const { context, contents } of parseDocuments(source, reading)) {
      readDocument(context, contents, collector);
    }
  }
}

/** The files that are small enough; the others are reported. */
function withinLimits(
  texts: readonly DocumentText[],
  problems: ProblemList,
  most: number | undefined,
): DocumentText[] {
  const mostOfOne = most ?? MAX_FILE_LENGTH;
  const mostOfAll = most ?? MAX_TOTAL_LENGTH;
  let total = 0;
  return texts.filter(({ file, text }) => {
    total += text.length;
    const isOne = text.length > mostOfOne;
    const limit = isOne ? mostOfOne : mostOfAll;
    if (!isOne && total <= mostOfAll) return true;
    problems.report({
      code: 'yaml-limit',
      severity: 'error',
      message: `${isOne ? 'the file has' : 'the files together have'} more than ${limit / 1024 / 1024} MiB`,
      location: { file, line: 1, column: 1 },
      hint: 'Split the file, or give fewer files.',
    });
    return false;
  });
}

function checkTiers(collector: ResourceCollector): void {
  const known = new Set([
    ...BUILT_IN_TIERS.keys(),
    ...collector.tiers.map((tier) => tier.metadata.name),
  ]);
  for (const reference of collector.tierReferences) {
    if (!known.has(reference.tier)) {
      reference.report(`Add its Tier document; there are ${[...known].sort().join(', ')}.`);
    }
  }
}

function resourceSet(
  collector: ResourceCollector,
  choice: VersionChoice,
  warnings: ResourceSet['warnings'],
): ResourceSet {
  return {
    version: choice.version,
    versionReason: choice.reason,
    hostEndpoints: collector.hostEndpoints,
    workloadEndpoints: collector.workloadEndpoints,
    policies: collector.policies,
    profiles: collector.profiles,
    networkSets: collector.networkSets,
    tiers: collector.tiers,
    nodes: collector.nodes,
    ipPools: collector.ipPools,
    felixConfigurations: collector.felixConfigurations,
    kubernetes: {
      services: collector.services,
      endpoints: collector.serviceEndpoints,
      describedServices: collector.describedServices,
      namespaces: collector.namespaces,
      serviceAccounts: collector.serviceAccounts,
      pods: collector.pods,
      networkPolicies: collector.kubernetesPolicies,
    },
    hosts: collector.hosts,
    scenarios: collector.scenarios,
    notModelled: collector.notModelled,
    warnings,
  };
}
