import { type Cidr, renderCidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import { compilePolicy } from '../compile/compile.ts';
import { compileServices } from '../compile/compile-services.ts';
import { buildHost } from '../host/build-host.ts';
import {
  type ConnectionRecord,
  type ConnectionSnapshot,
  NO_CONNECTIONS,
} from '../host/connections/connection-record.ts';
import { parseConnections } from '../host/connections/parse-connections.ts';
import { deriveHost } from '../host/derive-host.ts';
import type { Host } from '../host/host.ts';
import { expandKubernetes } from '../policy/expand-kubernetes.ts';
import type { KeptSets } from '../policy/kept-sets.ts';
import type { NodePolicy } from '../policy/node-policy.ts';
import { resolveNode } from '../policy/resolve.ts';
import type { HostRemark } from '../resources/host-document.ts';
import type { ResourceSet } from '../resources/resource-set.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import { mergeRulesets } from '../ruleset/merge-rulesets.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { Assumptions } from '../simulate/assumptions.ts';
import { type NotModelled, Simulator, type SimulatorOptions } from '../simulate/simulator.ts';
import { renderLocation } from '../source/location.ts';
import { chooseNode, type NodeChoice } from './choose-node.ts';
import {
  foreignRules,
  type HostRulesNote,
  notesOn,
  writtenRules,
  writtenSets,
} from './host-rules.ts';

export interface NodeModelOptions {
  /** The node asked for; undefined: the one that documents name. */
  readonly node?: string | undefined;
  /** The name of the machine that hepsim runs on: the node where documents name none, or several. */
  readonly machine: string;
  /** FELIX_* variables; others are ignored. */
  readonly environment: ReadonlyMap<string, string>;
  /** The machine, where it is known otherwise than from the documents. */
  readonly host?: Host | undefined;
  /** The interfaces that policy's rules are made for, where they are not those of `host`. */
  readonly policyInterfaces?: Host['interfaces'] | undefined;
  /** The connections that the host has at first, in place of those that its document holds. */
  readonly connections?: ConnectionSnapshot | undefined;
  /** Run exactly the rules that the host has: nothing is compiled, and nothing added for Services. */
  readonly asIs?: boolean | undefined;
  /** Whether Services have rules of kube-proxy where the host has none: left out, they have. */
  readonly servicesRun?: boolean | undefined;
  /** How much the comments of policy's rules say: `mark` for a model whose rules nobody writes or prints. Default: `identify`. */
  readonly comments?: 'identify' | 'mark' | undefined;
  /** What was found for documents read before. */
  readonly sets?: KeptSets | undefined;
  /** What is taken for given where rules ask for what cannot be known. */
  readonly assumptions?: Assumptions | undefined;
}

/**
 * Everything that the documents mean for one node: its machine, its policy, its rules. The rules of a family are compiled when
 * first asked for.
 */
export class NodeModel {
  readonly resources: ResourceSet;
  readonly choice: NodeChoice;
  readonly host: Host;
  readonly policy: NodePolicy;
  readonly asIs: boolean;
  readonly assumptions: Assumptions;
  private snapshot: ConnectionSnapshot | undefined;
  private sets: readonly IpSet[] | undefined;
  private readonly writtenRulesets: Map<IpFamily, Ruleset>;
  private readonly policyRules: Map<IpFamily, Ruleset>;
  private readonly foreignRules: Map<IpFamily, Ruleset>;
  private readonly mergedRules: Map<IpFamily, Ruleset>;
  private readonly simulators: Map<IpFamily, Simulator> = new Map();
  private readonly options: NodeModelOptions;

  /**
   * `same` is a model of the same documents and options, but for connections: what it has worked out is not worked out again.
   *
   * @throws InputError when the documents contradict each other.
   */
  constructor(resources: ResourceSet, options: NodeModelOptions, same?: NodeModel) {
    this.resources = resources;
    this.choice = chooseNode(resources, { wanted: options.node, machine: options.machine });
    const { node } = this.choice;
    this.host = options.host ?? hostOfDocuments(resources, node);
    this.asIs = options.asIs === true;
    this.snapshot = options.connections;
    this.assumptions = options.assumptions ?? Assumptions.none;
    this.options = options;
    this.writtenRulesets = same?.writtenRulesets ?? new Map();
    this.policyRules = same?.policyRules ?? new Map();
    this.foreignRules = same?.foreignRules ?? new Map();
    this.mergedRules = same?.mergedRules ?? new Map();
    this.policy =
      same?.policy ??
      resolveNode(resources, {
        node,
        interfaces: (options.policyInterfaces ?? this.host.interfaces).map(
          ({ name, addresses }) => ({
            name,
            addresses: addresses.map(({ address }) => address),
          }),
        ),
        environment: options.environment,
        sets: options.sets,
      });
  }

  /** The connections that the host has at first. @throws InputError for a table that cannot be read. */
  get connections(): ConnectionSnapshot {
    this.snapshot ??= connectionsOf(this.host);
    return this.snapshot;
  }

  /** The same with other connections at first. */
  withConnections(connections: ConnectionSnapshot): NodeModel {
    return new NodeModel(this.resources, { ...this.options, connections }, this);
  }

  /** The rules that policy compiles to. */
  compiledRules(family: IpFamily): Ruleset {
    const { comments } = this.options;
    return cached(this.policyRules, family, () => compilePolicy(this.policy, family, comments));
  }

  /** The rules of Kubernetes Services: the host's own, as kube-proxy writes them. */
  serviceRules(family: IpFamily): Ruleset {
    return compileServices(this.resources.kubernetes, {
      node: this.choice.node,
      family,
      clusterCidrs: this.policy.pools
        .map(({ cidr }) => cidr)
        .filter((cidr: Cidr) => cidr.network.family === family)
        .map(renderCidr),
    });
  }

  /** Everything on the host that is not ours: Services, and what the Host document carries. */
  hostRules(family: IpFamily): Ruleset {
    return cached(this.foreignRules, family, () => {
      const written = this.writtenRules(family);
      if (this.asIs) return written;
      const services =
        this.options.servicesRun === false
          ? { family, tables: [], ipSets: [] }
          : this.serviceRules(family);
      return foreignRules(written, services);
    });
  }

  /** What is to be said of the host's own rules: what was found there, and how it was taken. */
  hostRulesNotes(): readonly HostRulesNote[] {
    const written = [this.writtenRules(4), this.writtenRules(6)];
    if (!this.asIs)
      return notesOn(written, { services: this.resources.kubernetes.services.length > 0 });
    const none = written.every(({ tables }) => tables.length === 0);
    return [
      {
        value: none ? 'none' : 'as is',
        why: none
          ? 'asked for what the host has, and its document carries no rules'
          : "exactly what the host's document carries; policy is not compiled",
      },
    ];
  }

  private writtenRules(family: IpFamily): Ruleset {
    return cached(this.writtenRulesets, family, () => {
      this.sets ??= writtenSets(this.host);
      return writtenRules(this.host, family, this.sets);
    });
  }

  /** The rules that packets of a family meet: policy's and the host's own as the kernel would have them, or with `asIs` those alone. */
  ruleset(family: IpFamily): Ruleset {
    if (this.asIs) return this.hostRules(family);
    return cached(this.mergedRules, family, () =>
      mergeRulesets(this.compiledRules(family), this.hostRules(family)),
    );
  }

  /**
   * The simulator of a family; one for each, kept, so that reset it before an unrelated packet. The kernel's connection table is
   * one for both families, but no connection has packets of both.
   */
  simulator(family: IpFamily): Simulator {
    return cached(this.simulators, family, () =>
      this.newSimulator(
        [family],
        this.connections.records.filter(({ original }) => original.family === family),
      ),
    );
  }

  /** A simulator of a family that begins without any connection, also where the host has some. */
  emptySimulator(family: IpFamily): Simulator {
    return this.newSimulator([family], []);
  }

  /** A simulator of both families in one, with one connection table, as for a run of its own. */
  wholeSimulator(options: Pick<SimulatorOptions, 'assumesOlderConnections'> = {}): Simulator {
    return this.newSimulator([4, 6], this.connections.records, options);
  }

  private newSimulator(
    families: readonly IpFamily[],
    connections: readonly ConnectionRecord[],
    options: Pick<SimulatorOptions, 'assumesOlderConnections'> = {},
  ): Simulator {
    return new Simulator({
      host: this.host,
      rulesets: families.map((family) => this.ruleset(family)),
      notModelled: this.notModelled(),
      assumptions: this.assumptions,
      connections,
      ...options,
    });
  }

  /** What keeps packets from being judged, in words with the place. */
  notModelled(): readonly NotModelled[] {
    const inWords = ({ what, location, family }: HostRemark): Omit<NotModelled, 'concerns'> => ({
      what: `${what} (${renderLocation(location)})`,
      family,
    });
    // Without policy's rules nothing depends on what policy is.
    const ofPolicy = this.asIs ? [] : this.policy.notModelled;
    return [
      ...ofPolicy.map((one) => ({ ...inWords(one), concerns: 'own-rule' }) as const),
      ...this.host.notModelled.map((one) => ({ ...inWords(one), concerns: 'any' }) as const),
    ];
  }
}

function connectionsOf({ connections }: Host): ConnectionSnapshot {
  if (connections === undefined || connections.text.trim() === '') return NO_CONNECTIONS;
  const { text, location, isQuoted = false } = connections;
  // A block of text begins below the place where it is named.
  return parseConnections(
    text,
    isQuoted
      ? { ...location, isOnOneLine: true }
      : { ...location, line: location.line + 1, column: 1 },
  );
}

/** The machine that documents describe for a node, or the one that they let one derive. @throws InputError */
export function hostOfDocuments(resources: ResourceSet, node: string): Host {
  const written = resources.hosts.find(({ metadata }) => metadata.name === node);
  if (written !== undefined) return buildHost(written);
  const ofNode = <T extends { readonly node: string }>(endpoints: readonly T[]): readonly T[] =>
    endpoints.filter((endpoint) => endpoint.node === node);
  const addresses = resources.nodes.find(({ metadata }) => metadata.name === node)?.addresses;
  return deriveHost(
    node,
    ofNode(resources.hostEndpoints),
    ofNode(expandKubernetes(resources).workloadEndpoints),
    addresses,
  );
}

function cached<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  const found = cache.get(key);
  if (found !== undefined) return found;
  const made = make();
  cache.set(key, made);
  return made;
}
