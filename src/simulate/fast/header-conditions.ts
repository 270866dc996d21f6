import { intersectionOf, type Ranges } from './ranges.ts';

/** What can be asked of headers. */
export type Dimension = 'source' | 'destination' | 'sourcePort' | 'key';

/** All of them. */
export const DIMENSIONS: readonly Dimension[] = ['key', 'source', 'destination', 'sourcePort'];

/** Numbers of ports, and of types and codes of ICMP, are below. */
export const PORTS = 65_536;

/** Below what the values of a dimension are; `addresses` is how many intervals addresses are cut into. */
export function valuesOf(dimension: Dimension, addresses: number): number {
  return dimension === 'source' || dimension === 'destination' ? addresses : PORTS;
}

/**
 * What a rule asks of the headers of a packet whose protocol, interfaces, state and mark are known already; undefined: nothing.
 *
 * Addresses are the numbers of intervals. `key` is the destination port, or type and code of ICMP (type << 8 | code).
 */
export interface HeaderConditions {
  readonly source: Ranges | undefined;
  readonly destination: Ranges | undefined;
  readonly sourcePort: Ranges | undefined;
  readonly key: Ranges | undefined;
  /** False where a packet that meets all of it may still not match, so that only the reference evaluator can say. */
  readonly certain: boolean;
}

/** The conditions that every packet meets. */
export const NO_CONDITIONS: HeaderConditions = {
  source: undefined,
  destination: undefined,
  sourcePort: undefined,
  key: undefined,
  certain: true,
};

/** Whether nothing is asked of the headers. */
export function asksNothing(conditions: HeaderConditions): boolean {
  return DIMENSIONS.every((dimension) => conditions[dimension] === undefined);
}

/** The dimension that is asked about, where it is the only one. */
export function onlyDimensionOf(conditions: HeaderConditions): Dimension | undefined {
  const asked = DIMENSIONS.filter((dimension) => conditions[dimension] !== undefined);
  return asked.length === 1 ? asked[0] : undefined;
}

/** What meets both; undefined where nothing can. */
export function bothConditions(
  a: HeaderConditions,
  b: HeaderConditions,
): HeaderConditions | undefined {
  if (asksNothing(b) && b.certain) return a;
  const both = { ...a, certain: a.certain && b.certain };
  for (const dimension of DIMENSIONS) {
    const asked = b[dimension];
    if (asked !== undefined) both[dimension] = intersectionOf(a[dimension], asked);
    if (both[dimension]?.length === 0) return undefined;
  }
  return both;
}
