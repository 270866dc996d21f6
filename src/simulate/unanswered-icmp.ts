/** Errors, unassigned types, and those of router discovery. */
const UNANSWERED: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
/** The last type that Linux has a meaning for. */
const LAST_TYPE = 18;

/**
 * Whether Linux takes an ICMP (IPv4) type for an error, about which it sends no error in turn.
 *
 * Source: net/ipv4/icmp.c, icmp_pointers and __icmp_send (Linux 6.18).
 */
export function isUnansweredIcmp(type: number): boolean {
  return UNANSWERED.has(type) || type > LAST_TYPE;
}
