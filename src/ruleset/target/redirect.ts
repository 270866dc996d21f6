import type { PortRange } from '../../address/port-range.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { DASHED_PORT_RANGE } from '../option/port-codecs.ts';
import { faultOfNatPorts } from './nat-checks.ts';

/** `REDIRECT`: to the host itself; nat PREROUTING and OUTPUT. Without `ports` the port stays. */
export interface RedirectTarget {
  readonly kind: 'redirect';
  readonly ports: PortRange | undefined;
  readonly random: boolean;
}

/** Reads, checks and writes `-j REDIRECT --to-ports 8080`. */
export const redirectTarget: TableDefinition<RedirectTarget> = optionTable(
  {
    kind: 'redirect',
    name: 'REDIRECT',
    load: '-j',
    check: (target, context) => faultOfNatPorts(target, context),
  },
  ({ value, flag }) => [
    value('--to-ports', 'ports', DASHED_PORT_RANGE, { aliases: ['--to-port'] }),
    flag('--random', 'random'),
  ],
);
