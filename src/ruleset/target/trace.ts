import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `TRACE`: the kernel logs every rule that the packet meets from here on; table raw with the legacy build. Evaluation goes on. */
export interface TraceTarget {
  readonly kind: 'trace';
}

/** Reads and writes `-j TRACE`. */
export const traceTarget: TableDefinition<TraceTarget> = optionTable(
  { kind: 'trace', name: 'TRACE', load: '-j' },
  () => [],
);
