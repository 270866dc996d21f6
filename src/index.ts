// The library: from documents to a verdict without the command line. See the README for an example.
import type { Packet } from './packet/packet.ts';
import { parsePacketFields, parsePacketLine } from './packet/packet-text.ts';
import { decide as decideFlow, type PolicyDecision } from './policy/decide.ts';
import type { Flow } from './policy/flow.ts';
import type { NodePolicy } from './policy/node-policy.ts';
import type { ResourceSet } from './resources/resource-set.ts';
import type { Ruleset } from './ruleset/ruleset.ts';
import { NodeModel } from './scenario/node-model.ts';
import { PacketSession } from './scenario/packet-session.ts';
import { PacketPathError } from './simulate/packet-path-error.ts';
import type { PacketResult } from './simulate/packet-result.ts';
import { UsageError } from './source/errors.ts';

export type { IpAddress, IpFamily } from './address/ip-address.ts';
export { parseIpAddress, renderIpAddress } from './address/ip-address.ts';
export { readDocumentTexts } from './files/read-files.ts';
export type { Packet } from './packet/packet.ts';
export { parsePacketFields, parsePacketLine, renderPacketLine } from './packet/packet-text.ts';
export type { PolicyDecision, PolicyStep } from './policy/decide.ts';
export type { Flow, FlowHeaders } from './policy/flow.ts';
export type { NodePolicy } from './policy/node-policy.ts';
export type { CalicoVersion } from './resources/calico-version.ts';
export type { DocumentText, ReadOptions } from './resources/read-resources.ts';
export { readResources } from './resources/read-resources.ts';
export type { ResourceSet } from './resources/resource-set.ts';
export { renderIpsets, renderIptables } from './ruleset/render-ruleset.ts';
export type { Ruleset } from './ruleset/ruleset.ts';
export type { Decision, Hop, PacketResult, TraceStep } from './simulate/packet-result.ts';
export { resultToJson } from './simulate/result-json.ts';
export { InputError, UsageError } from './source/errors.ts';
export type { Problem, ProblemCode } from './source/problem.ts';

/** Whose point of view documents are taken from. */
export interface NodeOptions {
  /** The node. Without it, the one that the documents name. */
  readonly node?: string | undefined;
  /** FELIX_* variables. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** What documents mean on one node: the policy in force, and the rules that it compiles to. */
export interface Compiled {
  readonly node: string;
  readonly policy: NodePolicy;
  /** Policy's own rules, IPv4 and IPv6; `renderIptables` and `renderIpsets` print them. */
  readonly rulesets: readonly [Ruleset, Ruleset];
}

/**
 * Compiles documents to the netfilter rules of one node.
 *
 * @throws InputError when the documents contradict each other.
 * @throws UsageError when no node is given and the documents do not name exactly one.
 */
export function compile(resources: ResourceSet, options: NodeOptions = {}): Compiled {
  const model = modelOf(resources, options);
  return {
    node: model.choice.node,
    policy: model.policy,
    rulesets: [model.compiledRules(4), model.compiledRules(6)],
  };
}

/** A packet as a line (`tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0`), an object of its fields, or parsed. */
export type PacketInput = string | Readonly<Record<string, unknown>> | Packet;

/**
 * Runs packets through one host in order, through one connection table, and returns what became of each. `explain` also records the
 * rules that were looked at and did not match.
 *
 * @throws InputError when the documents contradict each other.
 * @throws UsageError for what is not a packet, or none that the host can meet, and when no node is given and the documents do not name exactly one.
 */
export function simulate(
  resources: ResourceSet,
  packets: readonly PacketInput[],
  options: NodeOptions & { readonly explain?: boolean } = {},
): readonly PacketResult[] {
  const model = modelOf(resources, options);
  const session = new PacketSession((family) => model.simulator(family));
  const explain = options.explain ?? false;
  return packets.map((packet) => {
    try {
      return session.run(packetOf(packet), { explain });
    } catch (error) {
      if (!(error instanceof PacketPathError)) throw error;
      throw new UsageError(error.message, error.hint);
    }
  });
}

/**
 * Decides a packet from policy alone, without rules: the second opinion on what `simulate` says. The facts of its route and
 * connection are the caller's.
 */
export function decide(policy: NodePolicy, flow: Flow): PolicyDecision {
  return decideFlow(policy, flow);
}

function modelOf(resources: ResourceSet, options: NodeOptions): NodeModel {
  const model = new NodeModel(resources, {
    node: options.node,
    machine: '',
    environment: new Map(Object.entries(options.environment ?? {})),
  });
  if (model.choice.node !== '') return model;
  throw new UsageError('the documents do not name exactly one node', 'Give `node`.');
}

function packetOf(input: PacketInput): Packet {
  if (typeof input !== 'string' && 'protocol' in input) return input as Packet;
  const parsed =
    typeof input === 'string'
      ? parsePacketLine(input)
      : parsePacketFields(input as Readonly<Record<string, unknown>>);
  if (parsed.kind === 'packet') return parsed.packet;
  const [problem] = parsed.problems;
  throw new UsageError(`not a packet: ${problem?.message ?? ''}`, problem?.hint);
}
