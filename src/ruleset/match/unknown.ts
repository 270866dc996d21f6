import type { Definition } from '../definition.ts';
import { isOneLine } from '../restore-text.ts';

/** A match that has no kind of its own: only the kernel knows which packets meet it. */
export interface UnknownMatch {
  readonly kind: 'unknown-match';
  /** The word behind `-m`; or the option of the rule's head that cannot be known, such as `-s`. */
  readonly name: string;
  /** As it was written, such as `-m quota --quota 500`. */
  readonly text: string;
}

/** Checks and writes it as it was read. */
export const unknownMatch: Definition<UnknownMatch> = {
  kind: 'unknown-match',
  validate: ({ text }) => (isOneLine(text) ? undefined : 'a match of more than one line'),
  render: ({ text }) => text,
};
