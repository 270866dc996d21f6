import type { PacketResult } from './packet-result.ts';

/** A result as `trace -o json` prints it and as `expect` is held against: the outside contract's fields, in its order. */
export function resultToJson(_result: PacketResult): Record<string, unknown> {
  throw new Error('resultToJson is being written');
}
