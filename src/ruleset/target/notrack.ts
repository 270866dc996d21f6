import type { Definition } from '../definition.ts';
import type { Extension } from '../extension.ts';

/** `CT --notrack`; table raw only. `alias`: written as `-j NOTRACK`, which is the same. */
export interface NotrackTarget {
  readonly kind: 'notrack';
  readonly alias?: 'NOTRACK' | undefined;
}

/** Checks and writes `-j CT --notrack`. */
export const notrackTarget: Definition<NotrackTarget> = {
  kind: 'notrack',
  validate: (_target, { table }) =>
    table === undefined || table === 'raw' ? undefined : `CT in table ${table}`,
  render: ({ alias }) => (alias === undefined ? '-j CT --notrack' : '-j NOTRACK'),
};

/** Reads `-j NOTRACK`. */
export const notrackExtension: Extension<NotrackTarget> = {
  name: 'NOTRACK',
  options: [],
  parse: (given, context) => {
    const target: NotrackTarget = { kind: 'notrack', alias: 'NOTRACK' };
    const problem = notrackTarget.validate(target, context);
    if (problem !== undefined) throw given.refusal(problem);
    return [target];
  },
};
