/** Which end of a packet a match looks at. */
export type Side = 'source' | 'destination';
