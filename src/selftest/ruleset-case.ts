import type { CalicoVersion } from '../resources/calico-version.ts';
import { readResources } from '../resources/read-resources.ts';
import { NodeModel } from '../scenario/node-model.ts';
import type { JsonDocument } from './generate/json-document.ts';

/** Documents for one node: what one ruleset is compiled from. */
export interface RulesetCase {
  /** Number within the run, from 0. */
  readonly index: number;
  readonly version: CalicoVersion;
  readonly node: string;
  /** FELIX_* variables. */
  readonly environment: ReadonlyMap<string, string>;
  readonly documents: readonly JsonDocument[];
}

/** What the documents mean. @throws InputError when they are wrong. */
export function modelOf({ documents, version, node, environment }: RulesetCase): NodeModel {
  const text = JSON.stringify(documents);
  const resources = readResources([{ file: 'selftest.json', text }], { version, lenient: true });
  return new NodeModel(resources, { node, machine: node, environment });
}
