import type { Definition } from '../definition.ts';

/** `-m rpfilter`, with `--invert` when negated: whether the route back to the source leaves by the input interface. */
export interface RpfilterMatch {
  readonly kind: 'rpfilter';
  readonly validMark: boolean;
  readonly negated: boolean;
}

/** Checks and writes `-m rpfilter --validmark --invert`. */
export const rpfilterMatch: Definition<RpfilterMatch> = {
  kind: 'rpfilter',
  validate: (_match, { table }) =>
    table === undefined || table === 'raw' || table === 'mangle'
      ? undefined
      : `rpfilter in table ${table}`,
  render: ({ validMark, negated }) =>
    `-m rpfilter${validMark ? ' --validmark' : ''}${negated ? ' --invert' : ''}`,
};
