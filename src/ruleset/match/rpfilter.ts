import type { Definition } from '../definition.ts';
import type { Extension } from '../extension.ts';

/** `-m rpfilter`, with `--invert` when negated: whether the route back to the source leaves by the input interface. */
export interface RpfilterMatch {
  readonly kind: 'rpfilter';
  readonly validMark: boolean;
  /** Any route to the source will do, whatever interface it leaves by. */
  readonly loose?: boolean | undefined;
  /** A source that is the host's own address passes too. */
  readonly acceptLocal?: boolean | undefined;
  readonly negated: boolean;
}

/** Checks and writes `-m rpfilter --validmark --invert`. */
export const rpfilterMatch: Definition<RpfilterMatch> = {
  kind: 'rpfilter',
  validate: (_match, { table }) =>
    table === undefined || table === 'raw' || table === 'mangle'
      ? undefined
      : `rpfilter in table ${table}`,
  render: ({ validMark, loose, acceptLocal, negated }) =>
    [
      '-m rpfilter',
      ...(loose ? ['--loose'] : []),
      ...(validMark ? ['--validmark'] : []),
      ...(acceptLocal ? ['--accept-local'] : []),
      ...(negated ? ['--invert'] : []),
    ].join(' '),
};

/** Reads `-m rpfilter`. */
export const rpfilterExtension: Extension<RpfilterMatch> = {
  name: 'rpfilter',
  options: ['--loose', '--validmark', '--accept-local', '--invert'].map((flag) => ({
    flag,
    words: 0,
  })),
  parse: (given, { table }) => {
    if (table !== undefined && table !== 'raw' && table !== 'mangle') {
      throw given.refusal(`rpfilter does not work in table ${table}`);
    }
    return [
      {
        kind: 'rpfilter',
        validMark: given.has('--validmark'),
        ...(given.has('--loose') ? { loose: true } : {}),
        ...(given.has('--accept-local') ? { acceptLocal: true } : {}),
        negated: given.has('--invert'),
      },
    ];
  },
};
