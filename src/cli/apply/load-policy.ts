import { createHash } from 'node:crypto';
import { type RuleFiles, renderRuleFiles } from '../../apply/rule-files.ts';
import type { ConnectionSnapshot } from '../../host/connections/connection-record.ts';
import type { Host } from '../../host/host.ts';
import { inspectMachine } from '../../machine/inspect-machine.ts';
import { readResources } from '../../resources/read-resources.ts';
import type { ResourceSet } from '../../resources/resource-set.ts';
import { chooseNode } from '../../scenario/choose-node.ts';
import { hostOfDocuments, NodeModel } from '../../scenario/node-model.ts';
import type { DocumentOptions } from '../common-options.ts';
import {
  felixEnvironment,
  type LoadedModel,
  readModelDocuments,
  warnOfDoubt,
} from '../load-model.ts';
import type { Terminal } from '../terminal.ts';

import { withoutOwnText } from './without-own-text.ts';

/** What is to be applied. The model's host is this machine; its rules are those that compile prints. */
export interface PolicyToApply extends LoadedModel {
  /** This machine with the rules that it has. */
  readonly asIs: NodeModel;
  /** The same with the connections that the machine has. */
  readonly modelWith: (connections: ConnectionSnapshot) => NodeModel;
  readonly files: RuleFiles;
  /** Of the documents' texts, whatever their order. */
  readonly documentsDigest: string;
  /** What the operator should know of this machine and the documents. */
  readonly notes: readonly string[];
}

/**
 * Reads documents, compiles them, and looks at this machine.
 *
 * @throws InputError, UsageError; KernelError when the machine cannot be looked at
 */
export function loadPolicy(options: DocumentOptions, terminal: Terminal): PolicyToApply {
  const { resources, texts } = readModelDocuments(options, terminal);
  const choice = chooseNode(resources, { wanted: options.node, machine: terminal.hostName() });
  warnOfDoubt(choice, terminal);
  const documents = {
    resources,
    node: choice.node,
    host: hostOfDocuments(resources, choice.node),
  };
  const machine = inspectMachine({ name: choice.node });
  const notes = machine.missing.map(
    ({ what, why }) => `of this machine, ${what} is not known: ${why}`,
  );
  const shared = {
    node: options.node,
    machine: terminal.hostName(),
    environment: felixEnvironment(terminal),
    host: machine.host,
  };
  const modelWith = (connections?: ConnectionSnapshot): NodeModel =>
    new NodeModel(resources, {
      ...shared,
      host: withoutOwn(machine.host),
      connections,
      policyInterfaces: policyInterfaces(documents, machine.host),
    });
  const model = modelWith();
  // What the machine has depends on no document.
  const asIs = new NodeModel(readResources([]), { ...shared, node: choice.node, asIs: true });
  const absent = missingInterfaces(documents, machine.host);
  if (absent.length > 0) {
    notes.push(`this machine has no interface ${absent.join(', ')}, which the documents name`);
  }
  return {
    model,
    asIs,
    modelWith,
    texts,
    files: renderRuleFiles({ 4: model.compiledRules(4), 6: model.compiledRules(6) }),
    documentsDigest: digestOf(texts.map(({ text }) => text)),
    notes,
  };
}

/** The machine as it is for the new rules: those of an apply before them are gone. */
function withoutOwn(host: Host): Host {
  return {
    ...host,
    iptables: withoutOwnText(host.iptables),
    ip6tables: withoutOwnText(host.ip6tables),
  };
}

/** What the documents are, and the machine that they describe or let one derive. */
interface Documents {
  readonly resources: ResourceSet;
  readonly node: string;
  readonly host: Host;
}

/**
 * The interfaces that rules are made for. Where the documents describe the machine, compile prints rules for those interfaces, and so they are written.
 * Otherwise they are this machine's, and those that endpoints name and that may come yet.
 */
function policyInterfaces(documents: Documents, machine: Host): Host['interfaces'] {
  if (!documents.host.derived) return documents.host.interfaces;
  const named = new Set(missingInterfaces(documents, machine));
  const coming = documents.host.interfaces.filter(({ name }) => named.has(name));
  return [...machine.interfaces, ...coming.map((one) => ({ ...one, addresses: [] }))];
}

/** Interfaces that the node's endpoints name and the machine does not have. */
function missingInterfaces({ resources, node: name }: Documents, machine: Host): readonly string[] {
  const present = new Set(machine.interfaces.map(({ name }) => name));
  const names = resources.hostEndpoints
    .filter(({ node }) => node === name)
    .flatMap(({ interfaceName }) => interfaceName ?? [])
    .filter((interfaceName) => interfaceName !== '*' && !present.has(interfaceName));
  return [...new Set(names)];
}

function digestOf(texts: readonly string[]): string {
  const each = texts.map((text) => createHash('sha256').update(text).digest('hex')).sort();
  return `sha256:${createHash('sha256').update(each.join('\n')).digest('hex')}`;
}
