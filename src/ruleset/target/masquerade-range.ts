import type { PortRange } from '../../address/port-range.ts';
import type { Extension } from '../extension.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { DASHED_PORT_RANGE } from '../option/port-codecs.ts';
import type { MasqueradeTarget } from './nat.ts';
import { faultOfNatPorts } from './nat-checks.ts';

/** `MASQUERADE` with ports to choose from, or with `--random`. */
export interface MasqueradeRangeTarget {
  readonly kind: 'masquerade-range';
  readonly ports: PortRange | undefined;
  readonly random: boolean;
  readonly randomFully: boolean;
}

/** Checks and writes `-j MASQUERADE --to-ports 1024-31000`. */
export const masqueradeRangeTarget: TableDefinition<MasqueradeRangeTarget> = optionTable(
  {
    kind: 'masquerade-range',
    name: 'MASQUERADE',
    load: '-j',
    check: (target, context) => faultOfNatPorts(target, context),
  },
  ({ value, flag }) => [
    value('--to-ports', 'ports', DASHED_PORT_RANGE),
    flag('--random', 'random'),
    flag('--random-fully', 'randomFully'),
  ],
);

/** Reads `-j MASQUERADE`. */
export const masqueradeExtension: Extension<MasqueradeTarget | MasqueradeRangeTarget> = {
  name: 'MASQUERADE',
  options: masqueradeRangeTarget.options,
  parse: (given, context) => {
    const isPlain = !given.has('--to-ports') && !given.has('--random');
    const read = masqueradeRangeTarget.parse(given, context);
    return isPlain ? [{ kind: 'masquerade', randomFully: given.has('--random-fully') }] : read;
  },
};
