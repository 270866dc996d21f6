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
export function asksNothing({ key, source, destination, sourcePort }: HeaderConditions): boolean {
  return (
    key === undefined &&
    source === undefined &&
    destination === undefined &&
    sourcePort === undefined
  );
}

/** The first of some alternatives that asks nothing; undefined where all ask something. */
export function unconditionalOf(
  alternatives: readonly HeaderConditions[],
): HeaderConditions | undefined {
  for (let i = 0; i < alternatives.length; i++) {
    if (asksNothing(alternatives[i]!)) return alternatives[i];
  }
  return undefined;
}

/** The dimension that is asked about, where it is the only one. */
export function onlyDimensionOf(conditions: HeaderConditions): Dimension | undefined {
  let only: Dimension | undefined;
  for (let i = 0; i < DIMENSIONS.length; i++) {
    const dimension = DIMENSIONS[i]!;
    if (conditions[dimension] === undefined) continue;
    if (only !== undefined) return undefined;
    only = dimension;
  }
  return only;
}

/** What meets both; undefined where nothing can. */
export function bothConditions(
  a: HeaderConditions,
  b: HeaderConditions,
): HeaderConditions | undefined {
  if (b.certain && asksNothing(b)) return a;
  const source = inBoth(a.source, b.source);
  const destination = inBoth(a.destination, b.destination);
  const sourcePort = inBoth(a.sourcePort, b.sourcePort);
  const key = inBoth(a.key, b.key);
  if (source?.length === 0 || destination?.length === 0) return undefined;
  if (sourcePort?.length === 0 || key?.length === 0) return undefined;
  return { source, destination, sourcePort, key, certain: a.certain && b.certain };
}

function inBoth(a: Ranges | undefined, b: Ranges | undefined): Ranges | undefined {
  return b === undefined ? a : intersectionOf(a, b);
}
