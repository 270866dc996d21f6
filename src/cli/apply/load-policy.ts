import { createHash } from 'node:crypto';
import { savedFirewall } from '../../apply/choose-build.ts';
import { type RuleFiles, renderRuleFiles } from '../../apply/rule-files.ts';
import type { Session } from '../../apply/session.ts';
import { FileCache } from '../../files/file-cache.ts';
import type { Host } from '../../host/host.ts';
import { type BegunInspection, inspectMachine } from '../../machine/inspect-machine.ts';
import { runProgramsElsewhere } from '../../machine/run-program.ts';
import { KeptSets } from '../../policy/kept-sets.ts';
import { DocumentCache } from '../../resources/document-cache.ts';
import { type DocumentText, readResources } from '../../resources/read-resources.ts';
import type { ResourceSet } from '../../resources/resource-set.ts';
import { chooseNode } from '../../scenario/choose-node.ts';
import { hasKubeProxy } from '../../scenario/host-rules.ts';
import { hostOfDocuments, NodeModel } from '../../scenario/node-model.ts';
import type { DocumentOptions } from '../common-options.ts';
import {
  felixEnvironment,
  type LoadedModel,
  readModelDocuments,
  warnOfDoubt,
} from '../load-model.ts';
import type { Terminal } from '../terminal.ts';
import { withoutOwnRules, withoutOwnSets } from './without-own-text.ts';

/** What is to be applied. The model's host is this machine; its rules are those that compile prints. */
export interface PolicyToApply extends LoadedModel {
  /** This machine with the rules that it has. */
  readonly asIs: () => NodeModel;
  readonly files: RuleFiles;
  /** Of the documents' texts, whatever their order. */
  readonly documentsDigest: string;
  /** What the operator should know of this machine and the documents. */
  readonly notes: readonly string[];
}

/** Documents, read. */
export interface PolicyDocuments {
  readonly resources: ResourceSet;
  readonly texts: readonly DocumentText[];
  readonly node: string;
  /** The node that was asked for, if any was. */
  readonly wanted: string | undefined;
  readonly documentsDigest: string;
  /** The machine that they describe, or let one derive. */
  readonly host: Host;
  /** What was found for them, or for others before. */
  readonly sets: KeptSets;
}

/** Reads documents again and again, each time as much as has changed. */
export class PolicyReader {
  readonly #files = new FileCache();
  readonly #documents = new DocumentCache();
  readonly #digests = new WeakMap<DocumentText, string>();
  readonly #sets = new KeptSets();

  /** @throws InputError, UsageError */
  read(options: DocumentOptions, terminal: Terminal): PolicyDocuments {
    const caches = { files: this.#files, documents: this.#documents };
    const { resources, texts } = readModelDocuments(options, terminal, { caches, texts: makeRoom });
    const read = { resources, texts, sets: this.#sets };
    return documentsOf(read, options, terminal, (text) => this.#digest(text));
  }

  #digest(text: DocumentText): string {
    const known = this.#digests.get(text) ?? digestOf(text);
    this.#digests.set(text, known);
    return known;
  }
}

/** Reads documents. @throws InputError, UsageError */
export function readPolicy(options: DocumentOptions, terminal: Terminal): PolicyDocuments {
  const read = readModelDocuments(options, terminal, { texts: makeRoom });
  return documentsOf({ ...read, sets: new KeptSets() }, options, terminal, digestOf);
}

/** So many characters of documents make a process so large that it takes long to start programs. */
const MANY_CHARACTERS = 1 << 20;

function makeRoom(texts: readonly DocumentText[]): void {
  const characters = texts.reduce((sum, { text }) => sum + text.length, 0);
  if (characters > MANY_CHARACTERS) runProgramsElsewhere();
}

function documentsOf(
  { resources, texts, sets }: Pick<PolicyDocuments, 'resources' | 'texts' | 'sets'>,
  options: DocumentOptions,
  terminal: Terminal,
  digest: (text: DocumentText) => string,
): PolicyDocuments {
  const choice = chooseNode(resources, { wanted: options.node, machine: terminal.hostName() });
  warnOfDoubt(choice, terminal);
  const each = texts.map(digest).sort().join('\n');
  return {
    resources,
    texts,
    node: choice.node,
    wanted: options.node,
    documentsDigest: `sha256:${createHash('sha256').update(each).digest('hex')}`,
    host: hostOfDocuments(resources, choice.node),
    sets,
  };
}

/**
 * Looks at this machine, of whose rules the session knows, and compiles documents for it. `begun`: what has been begun of that.
 *
 * @throws InputError when the documents contradict each other; KernelError when the machine cannot be looked at
 */
export function policyForMachine(
  documents: PolicyDocuments,
  { builds }: Pick<Session, 'builds'>,
  terminal: Terminal,
  begun?: BegunInspection,
): PolicyToApply {
  const { resources, texts, node, documentsDigest } = documents;
  const machine = inspectMachine({
    name: node,
    begun,
    firewall: savedFirewall(builds),
    // The rules of an apply before this one are gone when the new ones are there.
    leaveOut: { rules: withoutOwnRules, sets: withoutOwnSets },
  });
  const notes = machine.missing.map(
    ({ what, why }) => `of this machine, ${what} is not known: ${why}`,
  );
  const shared = { machine: terminal.hostName(), environment: felixEnvironment(terminal) };
  const model = new NodeModel(resources, {
    ...shared,
    node: documents.wanted,
    // What runs here is known: nothing else is taken to.
    servicesRun: false,
    sets: documents.sets,
    host: machine.host,
    policyInterfaces: policyInterfaces(documents, machine.host),
  });
  const absent = missingInterfaces(documents, machine.host);
  if (absent.length > 0) {
    notes.push(`this machine has no interface ${absent.join(', ')}, which the documents name`);
  }
  const hasServices = resources.kubernetes.services.length > 0;
  if (hasServices && !hasKubeProxy(model.hostRules(4)) && !hasKubeProxy(model.hostRules(6))) {
    notes.push('this machine has no rules of kube-proxy, so that Services take no part');
  }
  return {
    model,
    // What the machine has depends on no document.
    asIs: () =>
      new NodeModel(readResources([]), { ...shared, node, host: machine.whole(), asIs: true }),
    texts,
    files: renderRuleFiles({ 4: model.compiledRules(4), 6: model.compiledRules(6) }),
    documentsDigest,
    notes,
  };
}

/**
 * The interfaces that rules are made for. Where the documents describe the machine, compile prints rules for those interfaces, and so they are written.
 * Otherwise they are this machine's, and those that endpoints name and that may come yet.
 */
function policyInterfaces(documents: PolicyDocuments, machine: Host): Host['interfaces'] {
  if (!documents.host.derived) return documents.host.interfaces;
  const named = new Set(missingInterfaces(documents, machine));
  const coming = documents.host.interfaces.filter(({ name }) => named.has(name));
  return [...machine.interfaces, ...coming.map((one) => ({ ...one, addresses: [] }))];
}

/** Interfaces that the node's endpoints name and the machine does not have. */
function missingInterfaces(
  { resources, node: name }: PolicyDocuments,
  machine: Host,
): readonly string[] {
  const present = new Set(machine.interfaces.map(({ name }) => name));
  const names = resources.hostEndpoints
    .filter(({ node }) => node === name)
    .flatMap(({ interfaceName }) => interfaceName ?? [])
    .filter((interfaceName) => interfaceName !== '*' && !present.has(interfaceName));
  return [...new Set(names)];
}

function digestOf({ text }: DocumentText): string {
  return createHash('sha256').update(text).digest('hex');
}
