import { type Alias, isAlias, isMap, isPair, isSeq, type Node } from 'yaml';

/** How many nodes a document may have once every alias stands for a copy of its anchor. */
const MAX_EXPANDED_NODES = 1_000_000;

/** What every alias of a document stands for, or the first alias that may not be followed, and why. */
export type AliasTargets =
  | { readonly kind: 'targets'; readonly targets: ReadonlyMap<Alias, Node> }
  | { readonly kind: 'refused'; readonly offset: number; readonly message: string };

/**
 * Finds what the aliases of a document stand for, in one walk.
 *
 * An alias that is inside its own anchor, or aliases of aliases that would expand to an endless amount of nodes, are refused, so that
 * readers can follow every alias without a limit of their own. The walk recurses; the parser has limited the depth.
 */
export function findAliasTargets(root: Node | null): AliasTargets {
  const walk = new AliasWalk();
  walk.visit(root);
  return walk.refused === undefined
    ? { kind: 'targets', targets: walk.targets }
    : { kind: 'refused', ...walk.refused };
}

class AliasWalk {
  readonly targets: Map<Alias, Node> = new Map();
  refused: { offset: number; message: string } | undefined;
  /** Anchors so far: a later one of the same name replaces an earlier one. `size` is undefined while its node is still open. */
  private readonly anchors: Map<string, { node: Node; size: number | undefined }> = new Map();

  /** Returns how many nodes the node stands for, itself included. */
  visit(node: unknown): number {
    if (this.refused !== undefined || node === null || node === undefined) return 1;
    if (isAlias(node)) return this.follow(node);
    if (isPair(node)) return this.visit(node.key) + this.visit(node.value);
    const anchor = (node as { anchor?: string }).anchor;
    const entry = { node: node as Node, size: undefined as number | undefined };
    if (anchor !== undefined) this.anchors.set(anchor, entry);
    let size = 1;
    if (isMap(node) || isSeq(node)) for (const item of node.items) size += this.visit(item);
    entry.size = size;
    if (size > MAX_EXPANDED_NODES) {
      this.refuse(node as Node, `aliases expand to more than ${MAX_EXPANDED_NODES} values`);
    }
    return size;
  }

  private follow(alias: Alias): number {
    const found = this.anchors.get(alias.source);
    if (found === undefined) {
      this.refuse(alias, `alias \`*${alias.source}\` has no anchor before it`);
      return 1;
    }
    if (found.size === undefined) {
      this.refuse(alias, `alias \`*${alias.source}\` stands for what it is part of`);
      return 1;
    }
    this.targets.set(alias, found.node);
    return found.size;
  }

  private refuse(node: Node, message: string): void {
    this.refused ??= { offset: node.range?.[0] ?? 0, message };
  }
}
