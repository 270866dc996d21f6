import type { Negatable } from '../option/codec.ts';
import { INTERFACE_PATTERN } from '../option/interface-codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m physdev`: the port of a bridge that a packet came in by or will leave by. An interface ends in `+` where it is a prefix. */
export interface PhysdevMatch {
  readonly kind: 'physdev';
  readonly isIn: boolean | undefined;
  readonly in: Negatable<string> | undefined;
  readonly isOut: boolean | undefined;
  readonly out: Negatable<string> | undefined;
  readonly isBridged: boolean | undefined;
}

/** Reads, checks and writes `-m physdev --physdev-is-bridged`. */
export const physdevMatch: TableDefinition<PhysdevMatch> = optionTable(
  {
    kind: 'physdev',
    name: 'physdev',
    load: '-m',
    check: (match) =>
      Object.values(match).some((field) => field !== undefined && field !== 'physdev')
        ? undefined
        : 'physdev needs an option',
  },
  ({ negatable, toggle }) => [
    toggle('--physdev-is-in', 'isIn'),
    negatable('--physdev-in', 'in', INTERFACE_PATTERN),
    toggle('--physdev-is-out', 'isOut'),
    negatable('--physdev-out', 'out', INTERFACE_PATTERN),
    toggle('--physdev-is-bridged', 'isBridged'),
  ],
);
