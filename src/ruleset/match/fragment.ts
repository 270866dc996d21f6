import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';

/** `-f`: the second and later fragments of a datagram; negated: first fragments and whole datagrams. IPv4 only. */
export interface FragmentMatch {
  readonly kind: 'fragment';
  readonly negated: boolean;
}

/** Checks and writes `-f`, `! -f`. */
export const fragmentMatch: Definition<FragmentMatch> = {
  kind: 'fragment',
  validate: (_match, { family }) => (family === 4 ? undefined : '-f in an IPv6 rule'),
  render: ({ negated }) => `${not(negated)}-f`,
};
