import { isMap, isScalar } from 'yaml';
import type { NameRule } from './calico-names.ts';
import { CALICO_VERSIONS, isCalicoVersion } from './calico-version.ts';
import { readOwnDocument } from './read-own-document.ts';
import { readScenarioCases } from './read-scenario-cases.ts';
import { readScenarioInvariants } from './read-scenario-invariants.ts';
import type { Fields } from './reading/fields.ts';
import { scalarText } from './reading/scalar-text.ts';
import { describeNode, orList, shorten } from './reading/wording.ts';
import type { ScenarioDocument } from './scenario-document.ts';

const SCENARIO_NAME: NameRule = {
  pattern: /^[^\s/]([^\r\n]*\S)?$/,
  maxLength: 253,
  hint: 'Use at most 253 characters on one line, without blanks at the ends.',
};

/**
 * Reads a Scenario document, `document` being its root mapping. Packets, replies and expectations are kept as written, with their
 * places: what they mean is judged where they are run. Undefined where there is no spec.
 */
export function readScenarioDocument(document: Fields): ScenarioDocument | undefined {
  const read = readOwnDocument(document, {
    kind: 'Scenario',
    nameRule: SCENARIO_NAME,
    hint: 'Add `spec: {resources: [...], cases: [...]}`.',
  });
  if (read === undefined) return undefined;
  const { metadata, spec } = read;
  const cases = readScenarioCases(spec);
  const invariants = readScenarioInvariants(spec);
  if (spec.list('cases').length === 0 && spec.list('invariants').length === 0) {
    spec.problem(
      'missing-field',
      spec.location,
      'the scenario has no `cases` and no `invariants`',
      'A scenario that expects nothing would always pass.',
    );
  }
  const scenario: ScenarioDocument = {
    metadata,
    node: spec.string('node')?.value,
    calicoVersion: readVersion(spec),
    environment: readEnvironment(spec),
    ...readResourceList(spec),
    cases,
    invariants,
  };
  spec.finish();
  return scenario;
}

function readVersion(spec: Fields): ScenarioDocument['calicoVersion'] {
  const version = scalarText(spec, 'calicoVersion');
  if (version === undefined) return undefined;
  if (!isCalicoVersion(version.value)) {
    spec.problem(
      'invalid-value',
      version.location,
      `\`calicoVersion\` is \`${shorten(version.value)}\``,
      `Use ${orList(CALICO_VERSIONS)}.`,
    );
    return undefined;
  }
  return { text: version.value, location: version.location };
}

/** What Felix would find in its environment; other variables would have no effect. */
function readEnvironment(spec: Fields): ReadonlyMap<string, string> {
  const environment = new Map<string, string>();
  const fields = spec.fields('environment');
  for (const name of fields?.names() ?? []) {
    if (fields === undefined) continue;
    if (!/^felix_[a-z0-9_]+$/i.test(name)) {
      fields.problem(
        'invalid-name',
        fields.keyLocation(name),
        `\`${shorten(name)}\` is no variable that Felix reads`,
        'Their names begin with FELIX_.',
      );
      continue;
    }
    const value = fields.has(name) ? scalarText(fields, name)?.value : '';
    if (value !== undefined) environment.set(name, value);
  }
  return environment;
}

function readResourceList(
  spec: Fields,
): Pick<ScenarioDocument, 'resourcePaths' | 'inlineResources'> {
  const { context } = spec;
  const resourcePaths: ScenarioDocument['resourcePaths'][number][] = [];
  const inlineResources: ScenarioDocument['inlineResources'][number][] = [];
  for (const node of spec.list('resources')) {
    const location = context.locateNode(node);
    if (isMap(node)) inlineResources.push({ context, map: node });
    else if (isScalar(node) && typeof node.value === 'string' && node.value !== '') {
      resourcePaths.push({ path: node.value, location });
    } else {
      spec.problem(
        'wrong-type',
        location,
        `an element of \`resources\` must be a path or a document, but is ${describeNode(node)}`,
        'Write a path relative to this file, or a document with apiVersion and kind.',
      );
    }
  }
  return { resourcePaths, inlineResources };
}
