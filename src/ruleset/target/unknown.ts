import type { Definition } from '../definition.ts';
import { isOneLine } from '../restore-text.ts';

/** A target that has no kind of its own: only the kernel knows what it does. */
export interface UnknownTarget {
  readonly kind: 'unknown-target';
  /** The word behind `-j`. */
  readonly name: string;
  /** As it was written, such as `-j NFQUEUE --queue-num 5`. */
  readonly text: string;
}

/** Checks and writes it as it was read. */
export const unknownTarget: Definition<UnknownTarget> = {
  kind: 'unknown-target',
  validate: ({ text }) => (isOneLine(text) ? undefined : 'a target of more than one line'),
  render: ({ text }) => text,
};
