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
  const { wanted, machine } = wish;
  if (wanted !== undefined) {
    return { node: wanted, reason: 'as asked', doubt: doubtOf(resources, wanted) };
  }
  const [only, another] = firstNodes(resources, 2);
  if (only !== undefined && another === undefined) {
    return { node: only, reason: 'the one node that the documents name', doubt: undefined };
  }
  return { node: machine, reason: 'this machine', doubt: doubtOf(resources, machine) };
}

function doubtOf(resources: ResourceSet, node: string): string | undefined {
  for (const name of namedNodes(resources)) if (name === node) return undefined;
  const named = firstNodes(resources, Number.POSITIVE_INFINITY);
  if (named.length === 0) return undefined;
  return `no document names the node \`${node}\`; they name ${listOf(named.sort())}`;
}

/** The first nodes that documents name, so many at most. */
function firstNodes(resources: ResourceSet, count: number): string[] {
  const names = new Set<string>();
  for (const name of namedNodes(resources)) {
    names.add(name);
    if (names.size === count) break;
  }
  return [...names];
}

/**
 * The nodes that host endpoints, workload endpoints and Host documents are of; where there are none, the Node documents. Some more than once: nobody
 * need look at all of a large cluster's.
 */
function* namedNodes(resources: ResourceSet): Generator<string, void> {
  let hasAny = false;
  for (const { node } of resources.hostEndpoints) {
    hasAny = true;
    yield node;
  }
  for (const { node } of resources.workloadEndpoints) {
    hasAny = true;
    yield node;
  }
  for (const { metadata } of resources.hosts) {
    hasAny = true;
    yield metadata.name;
  }
  if (!hasAny) for (const { metadata } of resources.nodes) yield metadata.name;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `\`${name}\``);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
