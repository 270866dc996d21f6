import type { ConnectionZone } from '../../host/connections/connection-record.ts';

/** Where connections are that no rule of CT put elsewhere. */
export const NO_ZONE: ConnectionZone = { original: 0, reply: 0 };

/** For who looks for a connection wherever it is. */
export const ANY_ZONE: ConnectionZone = { original: -1, reply: -1 };

/**
 * Whether a direction of a connection is found by who looks in zone `bucket`, which is one of its own two: the kernel hashes a flow with the zone
 * of one direction, and then compares the zone of the direction that it found. HOT
 *
 * Source: nf_conntrack_core.c, resolve_normal_ct, nf_ct_key_equal; nf_conntrack_zones.h, nf_ct_zone_id (Linux 6.18).
 */
export function isFoundIn(
  node: { readonly zone: number; readonly isReply: boolean },
  { original, reply }: ConnectionZone,
  bucket: number,
): boolean {
  if (node.zone !== bucket) return bucket < 0;
  return original === reply || node.isReply === (bucket === reply);
}
