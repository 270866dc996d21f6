import { dirname, join, normalize } from 'node:path';
import { readDocumentTexts } from '../files/read-files.ts';
import type { CalicoVersion } from '../resources/calico-version.ts';
import { type DocumentText, readResources } from '../resources/read-resources.ts';
import type { ResourceSet } from '../resources/resource-set.ts';
import type { ScenarioDocument } from '../resources/scenario-document.ts';
import { InputError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';

/** A Scenario document and the file that it is in. */
export interface ScenarioFile {
  readonly scenario: ScenarioDocument;
  readonly file: string;
  /** The file's text, when it also holds documents of other kinds, which are the scenario's too. */
  readonly shared: DocumentText | undefined;
}

/** What a scenario's documents are, read. */
export interface ScenarioResources {
  readonly resources: ResourceSet;
  readonly texts: readonly DocumentText[];
}

/** A file that holds a Scenario says so somewhere; the others need no parsing. */
const MENTIONS_SCENARIO = /["']?kind["']?\s*:\s*["']?Scenario\b/;

/**
 * The Scenario documents in files and directories, found by their content; each once, however often its file is named.
 *
 * @throws InputError with what is wrong in any file that holds one, and every path under which there is none.
 */
export function findScenarios(
  paths: readonly string[],
  options: { readonly lenient: boolean | undefined },
): readonly ScenarioFile[] {
  const problems: Problem[] = [];
  const inFiles = new Map<string, readonly ScenarioFile[]>();
  for (const path of paths) {
    const counted = problems.length;
    let holdsOne = false;
    const texts = attempt(() => readDocumentTexts([path]), problems) ?? [];
    for (const text of texts) {
      const scenarios =
        inFiles.get(text.file) ?? attempt(() => scenariosOf(text, options.lenient), problems) ?? [];
      inFiles.set(text.file, scenarios);
      if (scenarios.length > 0) holdsOne = true;
    }
    if (!holdsOne && problems.length === counted) problems.push(noScenario(path));
  }
  if (problems.length > 0) throw new InputError(problems);
  return [...inFiles.values()].flat();
}

function scenariosOf(
  { file, text }: DocumentText,
  lenient: boolean | undefined,
): readonly ScenarioFile[] {
  if (!MENTIONS_SCENARIO.test(text)) return [];
  const resources = readResources([{ file, text }], { lenient });
  const shared = holdsMore(resources) ? { file, text } : undefined;
  return resources.scenarios.map((scenario) => ({ scenario, file, shared }));
}

/** What `act` returns; where the input is wrong, undefined and its problems. */
function attempt<T>(act: () => T, problems: Problem[]): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function noScenario(path: string): Problem {
  return {
    code: 'no-documents',
    severity: 'error',
    message: 'no scenario is there',
    location: { file: path, line: 1, column: 1 },
    hint: 'A scenario is a document with `apiVersion: hepsim/v1` and `kind: Scenario` in a .yaml, .yml or .json file.',
  };
}

function holdsMore(resources: ResourceSet): boolean {
  const { kubernetes, scenarios, ...own } = resources;
  return [...Object.values(own), ...Object.values(kubernetes)].some(
    (value) => Array.isArray(value) && value.length > 0 && value !== resources.warnings,
  );
}

/** Reads scenarios' documents; scenarios with the same ones share what was read. */
export class ScenarioReader {
  private readonly read: Map<string, ScenarioResources> = new Map();
  private readonly version: CalicoVersion | undefined;
  private readonly lenient: boolean | undefined;

  /** `version` is for scenarios that name none. */
  constructor(options: {
    readonly version: CalicoVersion | undefined;
    readonly lenient: boolean | undefined;
  }) {
    this.version = options.version;
    this.lenient = options.lenient;
  }

  /** @throws InputError with what is wrong in the scenario's documents. */
  readResources({ scenario, file, shared }: ScenarioFile): ScenarioResources {
    const version = (scenario.calicoVersion?.text as CalicoVersion | undefined) ?? this.version;
    const paths = scenario.resourcePaths.map(({ path }) => normalize(join(dirname(file), path)));
    const inline = scenario.inlineResources;
    const key = JSON.stringify([version, shared?.file, ...paths]);
    const known = inline.length === 0 ? this.read.get(key) : undefined;
    if (known !== undefined) return known;
    const texts = [...readTexts(scenario, paths)];
    if (shared !== undefined && !texts.some((text) => text.file === shared.file))
      texts.push(shared);
    const resources = readResources(texts, { version, lenient: this.lenient, nodes: inline });
    const made = { resources, texts };
    if (inline.length === 0) this.read.set(key, made);
    return made;
  }
}

/** Reads the scenario's files; what cannot be read is said where the scenario names it. */
function readTexts(scenario: ScenarioDocument, paths: readonly string[]): readonly DocumentText[] {
  try {
    return readDocumentTexts(paths);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.problems.map((problem) => {
        const index = paths.indexOf(problem.location.file);
        const written = scenario.resourcePaths[index];
        if (written === undefined) return problem;
        const message = `\`${problem.location.file}\`: ${problem.message}`;
        return { ...problem, message, location: written.location };
      }),
    );
  }
}
