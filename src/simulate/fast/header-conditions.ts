import type { Ranges } from './ranges.ts';

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
  const { source, destination, sourcePort, key } = conditions;
  return (
    source === undefined &&
    destination === undefined &&
    sourcePort === undefined &&
    key === undefined
  );
}
