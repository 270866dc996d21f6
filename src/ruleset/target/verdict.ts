import type { Definition } from '../definition.ts';

/** Ends the table's traversal: the packet goes on to the next table. */
export interface AcceptTarget {
  readonly kind: 'accept';
}

/** Ends the packet. */
export interface DropTarget {
  readonly kind: 'drop';
}

/** Goes back to the calling chain; in a base chain to its policy. */
export interface ReturnTarget {
  readonly kind: 'return';
}

/** Checks and writes `-j ACCEPT`. */
export const acceptTarget: Definition<AcceptTarget> = {
  kind: 'accept',
  validate: () => undefined,
  render: () => '-j ACCEPT',
};

/** Checks and writes `-j DROP`, which nat does not take. */
export const dropTarget: Definition<DropTarget> = {
  kind: 'drop',
  validate: (_target, { table }) => (table === 'nat' ? 'DROP in table nat' : undefined),
  render: () => '-j DROP',
};

/** Checks and writes `-j RETURN`. */
export const returnTarget: Definition<ReturnTarget> = {
  kind: 'return',
  validate: () => undefined,
  render: () => '-j RETURN',
};
