/**
 * What a protocol makes of a packet of a connection.
 *
 * `reopen`: the entry belongs to a connection that is over, and the packet opens the next; `remove`: the packet belongs to
 * the entry and ends it.
 */
export type TrackingVerdict = 'accept' | 'invalid' | 'reopen' | 'remove';
