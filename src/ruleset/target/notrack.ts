import type { Definition } from '../definition.ts';

/** `CT --notrack`; table raw only. */
export interface NotrackTarget {
  readonly kind: 'notrack';
}

/** Checks and writes `-j CT --notrack`. */
export const notrackTarget: Definition<NotrackTarget> = {
  kind: 'notrack',
  validate: (_target, { table }) =>
    table === undefined || table === 'raw' ? undefined : `CT in table ${table}`,
  render: () => '-j CT --notrack',
};
