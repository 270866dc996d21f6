import type { ResourceSet } from '../resources/resource-set.ts';

/** Which node the packets meet, and why that one, for people. */
export interface NodeChoice {
  readonly node: string;
  readonly reason: string;
  /** Set when the choice is probably not what was meant: the documents do not speak of this node. */
  readonly doubt: string | undefined;
}

export interface NodeWish {
  /** What the user asked for. */
  readonly wanted: string | undefined;
  /** The name of the machine that hepsim runs on. */
  readonly machine: string;
}

/** Chooses the node: the one asked for, else the one that documents name, else this machine. */
export function chooseNode(resources: ResourceSet, wish: NodeWish): NodeChoice {
  const named = namedNodes(resources);
  const { wanted, machine } = wish;
  const known = (node: string): string | undefined => {
    if (named.includes(node) || named.length === 0) return undefined;
    return `no document names the node \`${node}\`; they name ${listOf(named)}`;
  };
  if (wanted !== undefined) return { node: wanted, reason: 'as asked', doubt: known(wanted) };
  const [only] = named;
  if (only !== undefined && named.length === 1) {
    return { node: only, reason: 'the one node that the documents name', doubt: undefined };
  }
  return { node: machine, reason: 'this machine', doubt: known(machine) };
}

/** The nodes that host endpoints, workload endpoints and Host documents are of; where there are none, the Node documents. */
function namedNodes(resources: ResourceSet): readonly string[] {
  const names = new Set<string>();
  for (const endpoint of resources.hostEndpoints) names.add(endpoint.node);
  for (const endpoint of resources.workloadEndpoints) names.add(endpoint.node);
  for (const host of resources.hosts) names.add(host.metadata.name);
  if (names.size === 0) for (const node of resources.nodes) names.add(node.metadata.name);
  return [...names].sort();
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `\`${name}\``);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
