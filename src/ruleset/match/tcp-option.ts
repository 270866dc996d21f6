import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m tcp --tcp-option`: whether the segment has an option of this kind, 1 to 255. */
export interface TcpOptionMatch {
  readonly kind: 'tcp-option';
  readonly option: number;
  readonly negated: boolean;
  /** Written behind a `-m` of its own where it could share the one before. */
  readonly apart?: boolean | undefined;
}

/** Checks and writes `-m tcp --tcp-option 8`. */
export const tcpOptionMatch: Definition<TcpOptionMatch> = {
  kind: 'tcp-option',
  validate: ({ option }, { protocol }) => {
    if (protocol !== 6) return 'a TCP option needs the rule to match tcp';
    return isUnsigned(option, 255) && option > 0 ? undefined : `TCP option ${option}`;
  },
  render: ({ option, negated }) => `-m tcp ${not(negated)}--tcp-option ${option}`,
};
