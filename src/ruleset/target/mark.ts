import type { Definition } from '../definition.ts';
import { isUnsigned, renderHex } from '../restore-text.ts';

/** `MARK --set-xmark value/mask`: `mark = (mark & ~mask) ^ value`. */
export interface MarkTarget {
  readonly kind: 'mark';
  readonly value: number;
  readonly mask: number;
}

/** Checks and writes `-j MARK --set-xmark 0x1/0x1`. */
export const markTarget: Definition<MarkTarget> = {
  kind: 'mark',
  validate: ({ value, mask }) =>
    isUnsigned(value, 0xffffffff) && isUnsigned(mask, 0xffffffff)
      ? undefined
      : 'a mark of more than 32 bits',
  render: ({ value, mask }) => `-j MARK --set-xmark ${renderHex(value)}/${renderHex(mask)}`,
};
