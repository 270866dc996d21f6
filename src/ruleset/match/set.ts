import type { Definition } from '../definition.ts';
import { not } from '../restore-text.ts';

/** `-m set --match-set name src,dst`: one direction for each dimension of the set. */
export interface SetMatch {
  readonly kind: 'set';
  readonly set: string;
  readonly directions: readonly ('src' | 'dst')[];
  readonly negated: boolean;
}

/** Whether ipset takes the name, and a restore file holds it as one word: at most 31 bytes. */
export function isSetName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,30}$/.test(name);
}

/** Checks and writes `-m set --match-set name src,dst`. */
export const setMatch: Definition<SetMatch> = {
  kind: 'set',
  validate: ({ set, directions }) => {
    if (!isSetName(set)) return 'a set name that ipset cannot take';
    return directions.length === 0 || directions.length > 6
      ? `${directions.length} directions in a set match`
      : undefined;
  },
  render: ({ set, directions, negated }) =>
    `-m set ${not(negated)}--match-set ${set} ${directions.join(',')}`,
};
