import { type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** What the `yaml` package tells its nodes by (`isMap`, `isScalar`, ...). */
const NODE_TYPE = Symbol.for('yaml.node.type');

type Range = readonly [start: number, valueEnd: number, nodeEnd: number];

/** A scalar as the package makes it, with what readers of documents look at. Its own constructor costs several times as much. */
class PlainScalar {
  readonly value: unknown;
  readonly source: string;
  readonly start: number;
  readonly end: number;

  constructor(value: unknown, source: string, start: number, end: number) {
    this.value = value;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  /** The package's nodes hold an array. Documents have many nodes, and few are asked for it. */
  get range(): Range {
    return rangeOf(this);
  }
}

class PlainPair {
  readonly key: Scalar;
  readonly value: Node;

  constructor(key: Scalar, value: Node) {
    this.key = key;
    this.value = value;
  }
}

class PlainMap {
  readonly items: unknown[];
  readonly start: number;
  readonly end: number;

  constructor(items: unknown[], start: number, end: number) {
    this.items = items;
    this.start = start;
    this.end = end;
  }

  get range(): Range {
    return rangeOf(this);
  }
}

class PlainSeq {
  readonly items: unknown[];
  readonly start: number;
  readonly end: number;

  constructor(items: unknown[], start: number, end: number) {
    this.items = items;
    this.start = start;
    this.end = end;
  }

  get range(): Range {
    return rangeOf(this);
  }
}

function rangeOf({ start, end }: { readonly start: number; readonly end: number }): Range {
  return [start, end, end];
}

// They have all that the package's nodes can do, and pass for such.
const KINDS: readonly (readonly [object, object, string])[] = [
  [PlainScalar.prototype, Scalar.prototype, 'yaml.scalar'],
  [PlainPair.prototype, Pair.prototype, 'yaml.pair'],
  [PlainMap.prototype, YAMLMap.prototype, 'yaml.map'],
  [PlainSeq.prototype, YAMLSeq.prototype, 'yaml.seq'],
];
for (const [prototype, parent, kind] of KINDS) {
  Object.setPrototypeOf(prototype, parent);
  Object.defineProperty(prototype, NODE_TYPE, { value: Symbol.for(kind) });
}

/** A scalar that begins at `start` and ends before `end`; `source` is its text without quotes. */
export function scalarNode(value: unknown, source: string, start: number, end: number): Scalar {
  return new PlainScalar(value, source, start, end) as unknown as Scalar;
}

/** One field of a mapping. */
export function pairNode(key: Scalar, value: Node): Pair<Scalar, Node> {
  return new PlainPair(key, value) as unknown as Pair<Scalar, Node>;
}

/** A mapping of the pairs. */
export function mapNode(items: Pair<Scalar, Node>[], start: number, end: number): YAMLMap {
  return new PlainMap(items, start, end) as unknown as YAMLMap;
}

/** A list of the nodes. */
export function seqNode(items: Node[], start: number, end: number): YAMLSeq {
  return new PlainSeq(items, start, end) as unknown as YAMLSeq;
}

/** Where a node begins; undefined for one without a range. */
export function startOf(node: Node): number | undefined {
  return (node as { readonly start?: number }).start ?? node.range?.[0];
}
