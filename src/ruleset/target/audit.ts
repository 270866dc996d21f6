import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { oneOf } from '../option/text-codecs.ts';

/** `AUDIT`: writes a record; evaluation goes on. */
export interface AuditTarget {
  readonly kind: 'audit';
  readonly type: 'accept' | 'drop' | 'reject';
}

/** Reads, checks and writes `-j AUDIT --type drop`. */
export const auditTarget: TableDefinition<AuditTarget> = optionTable(
  { kind: 'audit', name: 'AUDIT', load: '-j' },
  ({ value }) => [value('--type', 'type', oneOf(['accept', 'drop', 'reject']), { required: true })],
);
