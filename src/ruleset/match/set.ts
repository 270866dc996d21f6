/** `-m set --match-set name src,dst`: one direction for each dimension of the set. */
export interface SetMatch {
  readonly kind: 'set';
  readonly set: string;
  readonly directions: readonly ('src' | 'dst')[];
  readonly negated: boolean;
}
