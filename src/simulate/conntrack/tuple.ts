import { type IpAddress, type IpFamily, sameIpAddress } from '../../address/ip-address.ts';
import type { Tuple } from './connection.ts';
import { invertedIcmpKey, isTrackedIcmp } from './icmp-types.ts';

/** A tuple whose fields are all given; one shape for every tuple in the table. */
export function tupleOf(
  family: IpFamily,
  protocol: number,
  source: IpAddress,
  destination: IpAddress,
  sourceKey: number,
  destinationKey: number,
): Tuple {
  return { family, protocol, source, destination, sourceKey, destinationKey };
}

/**
 * The tuple of the other direction: addresses and ports swapped, or for ICMP the answer's type with the same identifier.
 * The tuple must be invertible (see `isTrackedIcmp`).
 */
export function invertTuple(tuple: Tuple): Tuple {
  const { family, protocol, source, destination, sourceKey, destinationKey } = tuple;
  return isTrackedIcmp(family, protocol)
    ? tupleOf(
        family,
        protocol,
        destination,
        source,
        sourceKey,
        invertedIcmpKey(family, destinationKey),
      )
    : tupleOf(family, protocol, destination, source, destinationKey, sourceKey);
}

/** HOT */
export function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.sourceKey === b.sourceKey &&
    a.destinationKey === b.destinationKey &&
    a.protocol === b.protocol &&
    sameIpAddress(a.source, b.source) &&
    sameIpAddress(a.destination, b.destination)
  );
}

/** A signed 32-bit hash of a flow in one direction. HOT */
export function hashTuple(
  protocol: number,
  source: IpAddress,
  destination: IpAddress,
  sourceKey: number,
  destinationKey: number,
): number {
  let h = Math.imul(protocol + 0x9e3779b9, 0x85ebca6b) ^ ((sourceKey << 16) | destinationKey);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ source.w3;
  h = Math.imul(h ^ (h >>> 13), 0x297a2d39) ^ destination.w3;
  if (source.family === 6) {
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ source.w2 ^ Math.imul(source.w1, 0x27d4eb2f);
    h = Math.imul(h ^ (h >>> 13), 0x297a2d39) ^ source.w0 ^ Math.imul(destination.w0, 0x165667b1);
    h =
      Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^
      destination.w2 ^
      Math.imul(destination.w1, 0x27d4eb2f);
  }
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}
