import { existsSync } from 'node:fs';
import { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { type DocumentOptions, wantedVersion } from './common-options.ts';
import {
  felixEnvironment,
  type LoadedModel,
  printWarnings,
  type RulesOptions,
  warnOfAddresslessHost,
} from './load-model.ts';
import { findScenarios, type ScenarioFile, ScenarioReader } from './scenario-files.ts';
import type { Terminal } from './terminal.ts';

/**
 * What a scenario's documents, node, version and environment come to. `reference` is `FILE`, or `FILE#NAME` where the file holds
 * several.
 *
 * @throws InputError, UsageError
 */
export function loadScenarioModel(
  reference: string,
  options: DocumentOptions,
  terminal: Terminal,
  rules: RulesOptions = {},
): LoadedModel {
  if (options.filename.length > 0) {
    throw new UsageError('--scenario and -f exclude each other: a scenario names its documents');
  }
  const found = chooseScenario(reference, options);
  const version = wantedVersion(options.calicoVersion, terminal);
  const reader = new ScenarioReader({ version, lenient: options.lenient });
  const { resources, texts } = reader.readResources(found);
  printWarnings(resources, terminal);
  const model = new NodeModel(resources, {
    node: options.node ?? found.scenario.node,
    machine: terminal.hostName(),
    environment: new Map([...felixEnvironment(terminal), ...found.scenario.environment]),
    ...rules,
  });
  warnOfAddresslessHost(model, terminal);
  return { model, texts };
}

function chooseScenario(reference: string, options: DocumentOptions): ScenarioFile {
  const { file, name } = splitReference(reference);
  const all = findScenarios([file], { lenient: options.lenient });
  const names = all.map(({ scenario }) => scenario.metadata.name);
  const fitting = all.filter((_, i) => name === undefined || names[i] === name);
  const [first] = fitting;
  if (first !== undefined && fitting.length === 1) return first;
  throw new UsageError(
    name === undefined
      ? `--scenario: ${file} holds ${all.length} scenarios`
      : `--scenario: ${file} holds ${fitting.length} scenarios named \`${name}\``,
    `Name one of them: ${names.map((each) => `${file}#${each}`).join(', ')}`,
  );
}

/** Both a path and a scenario's name may hold `#`; the path is the shortest one that exists. */
function splitReference(reference: string): { readonly file: string; readonly name?: string } {
  if (existsSync(reference)) return { file: reference };
  for (let at = reference.indexOf('#'); at >= 0; at = reference.indexOf('#', at + 1)) {
    const file = reference.slice(0, at);
    if (existsSync(file)) return { file, name: reference.slice(at + 1) };
  }
  return { file: reference };
}
